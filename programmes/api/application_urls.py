from django.urls import path

from programmes.api import application_transfers as transfers
from programmes.api import application_views as views

urlpatterns = [
    path("applications/", views.ApplicationList.as_view(), name="applications"),
    path("applications/<uuid:public_id>/", views.ApplicationDetail.as_view(), name="application"),
    path("applications/<uuid:public_id>/papers/", views.ApplicationPapers.as_view(), name="application_papers"),
    path(
        "applications/<uuid:public_id>/papers/<uuid:document_id>/",
        views.ApplicationPaperFile.as_view(),
        name="application_paper",
    ),
    path(
        "applications/<uuid:public_id>/transfers/",
        transfers.ApplicationTransfers.as_view(),
        name="application_transfers",
    ),
    path(
        "applications/<uuid:public_id>/transfers/check/",
        transfers.ApplicationTransferCheck.as_view(),
        name="application_transfer_check",
    ),
    path(
        "applications/<uuid:public_id>/transfers/<uuid:transfer_id>/",
        transfers.ApplicationTransfer.as_view(),
        name="application_transfer",
    ),
    path("applications/<uuid:public_id>/submit/", views.ApplicationSubmit.as_view(), name="application_submit"),
    path("applications/<uuid:public_id>/withdraw/", views.ApplicationWithdraw.as_view(), name="application_withdraw"),
]
