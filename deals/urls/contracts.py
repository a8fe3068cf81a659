from django.urls import path

from deals.views import contract_acts as acts
from deals.views import contracts as views

urlpatterns = [
    path("", views.contract_list, name="contracts"),
    path("export.csv", views.contract_export, name="contracts_export"),
    path("new/<uuid:public_id>/", views.contract_new, name="contract_new"),
    path("<uuid:public_id>/", views.contract_detail, name="contract"),
    path("<uuid:public_id>/versions/<int:serial>/", views.contract_version, name="contract_version"),
    path("<uuid:public_id>/versions/<int:serial>/<str:language>.pdf", views.contract_pdf, name="contract_pdf"),
    path("<uuid:public_id>/signed.pdf", views.signed_copy, name="contract_signed_copy"),
    path("<uuid:public_id>/redraft/", acts.contract_redraft, name="contract_redraft"),
    path("<uuid:public_id>/approve/", acts.contract_approve, name="contract_approve"),
    path("<uuid:public_id>/refuse/", acts.contract_refuse, name="contract_refuse"),
    path("<uuid:public_id>/cancel/", acts.contract_cancel, name="contract_cancel"),
    path("<uuid:public_id>/sign/", acts.contract_sign, name="contract_sign"),
    path("<uuid:public_id>/amend/", acts.contract_amend, name="contract_amend"),
    path("<uuid:public_id>/end/", acts.contract_end, name="contract_end"),
    path("<uuid:public_id>/end/answer/", acts.contract_end_answer, name="contract_end_answer"),
    path("<uuid:public_id>/end/take-back/", acts.contract_end_take_back, name="contract_end_take_back"),
]
