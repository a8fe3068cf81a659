from django.urls import path

from deals.api import contract_urls
from deals.api import request_views as views

app_name = "deals-api"
urlpatterns = [
    path("requests/", views.TransferRequestList.as_view(), name="list"),
    path("requests/<uuid:public_id>/", views.TransferRequestDetail.as_view(), name="detail"),
    path("requests/<uuid:public_id>/answer/", views.TransferRequestAnswer.as_view(), name="answer"),
    path("requests/<uuid:public_id>/withdraw/", views.TransferRequestWithdraw.as_view(), name="withdraw"),
    *contract_urls.urlpatterns,
]
