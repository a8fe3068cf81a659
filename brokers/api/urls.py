from django.urls import path

from brokers.api import fee_views, mandate_views
from brokers.api import registration_views as applications
from brokers.api.office_urls import urlpatterns as office_urls

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
    path("mandates/", mandate_views.MandateList.as_view(), name="mandates"),
    path("mandates/consents/<uuid:public_id>/", mandate_views.MandateConsentAnswer.as_view(), name="mandate-consent"),
    path("mandates/<uuid:public_id>/", mandate_views.MandateDetail.as_view(), name="mandate"),
    path("mandates/<uuid:public_id>/accept/", mandate_views.MandateAccept.as_view(), name="mandate-accept"),
    path("mandates/<uuid:public_id>/decline/", mandate_views.MandateDecline.as_view(), name="mandate-decline"),
    path("mandates/<uuid:public_id>/take-back/", mandate_views.MandateTakeBack.as_view(), name="mandate-take-back"),
    path("mandates/<uuid:public_id>/share/", mandate_views.MandateShare.as_view(), name="mandate-share"),
    path("mandates/<uuid:public_id>/end/", mandate_views.MandateEnd.as_view(), name="mandate-end"),
    *office_urls,
]
