from django.urls import path

from brokers.api import views

app_name = "brokers-api"
urlpatterns = [
    path("fees/schedules/", views.ScheduleList.as_view(), name="schedules"),
    path("fees/schedules/<uuid:public_id>/", views.ScheduleDetail.as_view(), name="schedule"),
    path("fees/quote/", views.FeeQuote.as_view(), name="calculate"),
    path("fees/quotes/", views.QuoteList.as_view(), name="quotes"),
    path("fees/quotes/<uuid:public_id>/", views.QuoteDetail.as_view(), name="quote"),
    path("fees/quotes/<uuid:public_id>/accept/", views.QuoteAccept.as_view(), name="accept"),
    path("fees/quotes/<uuid:public_id>/decline/", views.QuoteDecline.as_view(), name="decline"),
    path("fees/quotes/<uuid:public_id>/take-back/", views.QuoteTakeBack.as_view(), name="take-back"),
    path("fees/quotes/<uuid:public_id>/ask/", views.QuoteAsk.as_view(), name="ask"),
    path("fees/quotes/<uuid:public_id>/decide/", views.QuoteDecide.as_view(), name="decide"),
]
