from django.urls import path

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
]
