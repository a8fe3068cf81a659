from django.urls import path

from deals.api import contract_urls
from deals.api import negotiation_views as negotiations
from deals.api import offer_views as offers
from deals.api import request_views as views
from deals.api import studio_views as studio

app_name = "deals-api"
urlpatterns = [
    path("requests/", views.TransferRequestList.as_view(), name="list"),
    path("requests/<uuid:public_id>/", views.TransferRequestDetail.as_view(), name="detail"),
    path("requests/<uuid:public_id>/answer/", views.TransferRequestAnswer.as_view(), name="answer"),
    path("requests/<uuid:public_id>/withdraw/", views.TransferRequestWithdraw.as_view(), name="withdraw"),
    path("offers/<uuid:public_id>/compare/", studio.OfferCompare.as_view(), name="offer-compare"),
    path("offers/<uuid:public_id>/forecast/", studio.OfferForecast.as_view(), name="offer-forecast"),
    path("offers/<uuid:public_id>/choose/", studio.OfferChoose.as_view(), name="offer-choose"),
    path("offers/<uuid:public_id>/choices/", studio.OfferChoices.as_view(), name="offer-choices"),
    path("royalty-rates/", studio.UsualRates.as_view(), name="royalty-rates"),
    path("negotiations/", negotiations.NegotiationList.as_view(), name="negotiations"),
    path("negotiations/<uuid:public_id>/", negotiations.NegotiationDetail.as_view(), name="negotiation"),
    path(
        "negotiations/<uuid:public_id>/entries/", negotiations.NegotiationEntries.as_view(), name="negotiation-entries"
    ),
    path("negotiations/<uuid:public_id>/close/", negotiations.NegotiationClose.as_view(), name="negotiation-close"),
    path("negotiations/<uuid:public_id>/reopen/", negotiations.NegotiationReopen.as_view(), name="negotiation-reopen"),
    path(
        "negotiations/<uuid:public_id>/brokers/", negotiations.NegotiationBrokers.as_view(), name="negotiation-brokers"
    ),
    path(
        "negotiations/<uuid:public_id>/brokers/<uuid:broker_id>/leave/",
        negotiations.NegotiationBrokerLeave.as_view(),
        name="negotiation-broker-leave",
    ),
    path("negotiations/<uuid:public_id>/offers/", offers.OfferList.as_view(), name="negotiation-offers"),
    path(
        "negotiations/<uuid:public_id>/offers/<uuid:offer_id>/", offers.OfferDetail.as_view(), name="negotiation-offer"
    ),
    path(
        "negotiations/<uuid:public_id>/offers/<uuid:offer_id>/accept/",
        offers.OfferAccept.as_view(),
        name="negotiation-offer-accept",
    ),
    path(
        "negotiations/<uuid:public_id>/offers/<uuid:offer_id>/decline/",
        offers.OfferDecline.as_view(),
        name="negotiation-offer-decline",
    ),
    path(
        "negotiations/<uuid:public_id>/offers/<uuid:offer_id>/withdraw/",
        offers.OfferWithdraw.as_view(),
        name="negotiation-offer-withdraw",
    ),
    *contract_urls.urlpatterns,
]
