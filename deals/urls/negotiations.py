from django.urls import path

from deals.views import negotiation_offers as offers
from deals.views import negotiations as pages
from deals.views import negotiations_act as act

urlpatterns = [
    path("", pages.negotiation_list, name="negotiations"),
    path("export.csv", pages.negotiation_export, name="negotiations_export"),
    path("from-request/<uuid:public_id>/", act.begin, name="negotiation_begin"),
    path("from-need/<uuid:public_id>/", act.begin_from_need, name="negotiation_begin_from_need"),
    path("<uuid:public_id>/", pages.negotiation_detail, name="negotiation"),
    path("<uuid:public_id>/say/", act.say_something, name="negotiation_say"),
    path("<uuid:public_id>/questions/<int:serial>/", act.reply_to_question, name="negotiation_reply"),
    path("<uuid:public_id>/meet/", act.write_meeting, name="negotiation_meet"),
    path("<uuid:public_id>/brokers/", act.bring_broker_in, name="negotiation_bring_in"),
    path("<uuid:public_id>/let-go/", act.let_broker_go, name="negotiation_let_go"),
    path("<uuid:public_id>/close/", act.close_negotiation, name="negotiation_close"),
    path("<uuid:public_id>/reopen/", act.reopen_negotiation, name="negotiation_reopen"),
    path("<uuid:public_id>/offer/", offers.offer_form, name="negotiation_offer_new"),
    path("<uuid:public_id>/offers/<uuid:offer_id>/", offers.offer_page, name="negotiation_offer"),
    path("<uuid:public_id>/offers/<uuid:offer_id>/accept/", offers.accept_offer, name="negotiation_offer_accept"),
    path("<uuid:public_id>/offers/<uuid:offer_id>/decline/", offers.decline_offer, name="negotiation_offer_decline"),
    path("<uuid:public_id>/offers/<uuid:offer_id>/withdraw/", offers.withdraw_offer, name="negotiation_offer_withdraw"),
]
