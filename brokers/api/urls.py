from django.urls import path, re_path

from brokers.api import fee_views, rating_views, register_views
from brokers.api import registration_views as applications

app_name = "brokers-api"
urlpatterns = [
    path("fees/schedules/", fee_views.ScheduleList.as_view(), name="schedules"),
    path("fees/schedules/<uuid:public_id>/", fee_views.ScheduleDetail.as_view(), name="schedule"),
    path("fees/quote/", fee_views.FeeQuote.as_view(), name="calculate"),
    path("fees/quotes/", fee_views.QuoteList.as_view(), name="quotes"),
    path("fees/quotes/<uuid:public_id>/", fee_views.QuoteDetail.as_view(), name="quote"),
    path("fees/quotes/<uuid:public_id>/accept/", fee_views.QuoteAccept.as_view(), name="accept"),
    path("fees/quotes/<uuid:public_id>/decline/", fee_views.QuoteDecline.as_view(), name="decline"),
    path("fees/quotes/<uuid:public_id>/take-back/", fee_views.QuoteTakeBack.as_view(), name="take-back"),
    path("fees/quotes/<uuid:public_id>/ask/", fee_views.QuoteAsk.as_view(), name="ask"),
    path("fees/quotes/<uuid:public_id>/decide/", fee_views.QuoteDecide.as_view(), name="decide"),
    path("broker-applications/", applications.ApplicationList.as_view(), name="applications"),
    path("broker-applications/<uuid:public_id>/", applications.ApplicationDetail.as_view(), name="application"),
    path(
        "broker-applications/<uuid:public_id>/documents/",
        applications.ApplicationDocuments.as_view(),
        name="application-documents",
    ),
    path(
        "broker-applications/<uuid:public_id>/documents/<uuid:document_id>/",
        applications.ApplicationDocumentFile.as_view(),
        name="application-document",
    ),
    path(
        "broker-applications/<uuid:public_id>/hand-in/",
        applications.ApplicationHandIn.as_view(),
        name="application-hand-in",
    ),
    path(
        "broker-applications/<uuid:public_id>/withdraw/",
        applications.ApplicationWithdraw.as_view(),
        name="application-withdraw",
    ),
    path(
        "broker-applications/<uuid:public_id>/object/",
        applications.ApplicationObject.as_view(),
        name="application-object",
    ),
    path("brokers/", register_views.BrokerList.as_view(), name="brokers"),
    re_path(r"^brokers/(?P<number>B[AT][0-9]{10})/$", register_views.BrokerDetail.as_view(), name="broker"),
    path("brokers/ratings/", rating_views.RatingList.as_view(), name="ratings"),
    path("brokers/ratings/<uuid:public_id>/", rating_views.RatingDetail.as_view(), name="rating"),
    path("brokers/ratings/<uuid:public_id>/answer/", rating_views.RatingAnswer.as_view(), name="rating-answer"),
    path("brokers/ratings/<uuid:public_id>/reply/", rating_views.RatingReply.as_view(), name="rating-reply"),
    path("brokers/ratings/texts/<uuid:public_id>/report/", rating_views.TextReport.as_view(), name="text-report"),
    path("brokers/ratings/texts/<uuid:public_id>/hide/", rating_views.TextHide.as_view(), name="text-hide"),
    path("brokers/ratings/texts/<uuid:public_id>/keep/", rating_views.TextKeep.as_view(), name="text-keep"),
]
