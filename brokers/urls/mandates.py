from django.urls import path

from brokers.views import mandates as pages
from brokers.views import mandates_act as act

urlpatterns = [
    path("", pages.mandate_list, name="mandates"),
    path("export.csv", pages.mandate_export, name="mandates_export"),
    path("new/", pages.mandate_new, name="mandate_new"),
    path("consents/<uuid:public_id>/", act.consent, name="mandate_consent"),
    path("<uuid:public_id>/", pages.mandate_detail, name="mandate"),
    path("<uuid:public_id>/accept/", act.accept_offer, name="mandate_accept"),
    path("<uuid:public_id>/decline/", act.decline_offer, name="mandate_decline"),
    path("<uuid:public_id>/take-back/", act.take_back_offer, name="mandate_take_back"),
    path("<uuid:public_id>/share/", act.share, name="mandate_share"),
    path("<uuid:public_id>/quote/", act.quote_under, name="mandate_quote"),
    path("<uuid:public_id>/end/", act.end_mandate, name="mandate_end"),
]
