from django.urls import path

from brokers.views import fee_drafts as drafts
from brokers.views import fee_public as public
from brokers.views import fee_quotes as quotes

urlpatterns = [
    path("", public.index, name="fees"),
    path("calculator/", public.calculator, name="calculator"),
    path("calculator.csv", public.calculator_export, name="calculator_export"),
    path("drafts/", drafts.drafts, name="drafts"),
    path("drafts/new/", drafts.draft_new, name="draft_new"),
    path("outside-band/", drafts.band_requests, name="band_requests"),
    path("quotes/", quotes.quote_list, name="quotes"),
    path("quotes/export.csv", quotes.quote_export, name="quotes_export"),
    path("quotes/new/", quotes.quote_new, name="quote_new"),
    path("quotes/<uuid:public_id>/", quotes.quote_detail, name="quote"),
    path("quotes/<uuid:public_id>/accept/", quotes.accept, name="accept"),
    path("quotes/<uuid:public_id>/decline/", quotes.decline, name="decline"),
    path("quotes/<uuid:public_id>/take-back/", quotes.take_back, name="take_back"),
    path("quotes/<uuid:public_id>/ask/", quotes.ask, name="ask"),
    path("quotes/<uuid:public_id>/decide/", quotes.decide, name="decide"),
    path("<uuid:public_id>/", public.schedule, name="schedule"),
    path("<uuid:public_id>/tiers.csv", public.tiers_export, name="tiers_export"),
    path("<uuid:public_id>/edit/", drafts.draft_edit, name="draft_edit"),
    path("<uuid:public_id>/publish/", drafts.publish, name="publish"),
    path("<uuid:public_id>/withdraw/", drafts.withdraw, name="withdraw"),
]
