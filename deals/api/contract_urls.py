from django.urls import path

from deals.api import contract_views as views

urlpatterns = [
    path("contracts/", views.ContractList.as_view(), name="contracts"),
    path("contracts/<uuid:public_id>/", views.ContractDetail.as_view(), name="contract"),
    path(
        "contracts/<uuid:public_id>/versions/<int:serial>/<str:language>.pdf",
        views.ContractDocument.as_view(),
        name="contract-pdf",
    ),
    path("contracts/<uuid:public_id>/signed.pdf", views.ContractSignedCopy.as_view(), name="contract-signed-copy"),
    path("contracts/<uuid:public_id>/redraft/", views.ContractRedraft.as_view(), name="contract-redraft"),
    path("contracts/<uuid:public_id>/approve/", views.ContractApprove.as_view(), name="contract-approve"),
    path("contracts/<uuid:public_id>/refuse/", views.ContractRefuse.as_view(), name="contract-refuse"),
    path("contracts/<uuid:public_id>/cancel/", views.ContractCancel.as_view(), name="contract-cancel"),
    path("contracts/<uuid:public_id>/sign/", views.ContractSign.as_view(), name="contract-sign"),
    path("contracts/<uuid:public_id>/amend/", views.ContractAmend.as_view(), name="contract-amend"),
    path("contracts/<uuid:public_id>/end/", views.ContractEnd.as_view(), name="contract-end"),
    path("contracts/<uuid:public_id>/end/answer/", views.ContractEndAnswer.as_view(), name="contract-end-answer"),
    path(
        "contracts/<uuid:public_id>/end/take-back/", views.ContractEndTakeBack.as_view(), name="contract-end-take-back"
    ),
]
