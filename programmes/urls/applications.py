from django.urls import path

from programmes.views import application_form as form
from programmes.views import application_transfers as transfers
from programmes.views import applications as pages

urlpatterns = [
    path("applications/", pages.mine, name="applications"),
    path("applications/export.csv", pages.export, name="applications_export"),
    path("applications/begin/<str:number>/", pages.eligibility, name="application_begin"),
    path("applications/<uuid:public_id>/", pages.detail, name="application"),
    path("applications/<uuid:public_id>/receipt/", pages.receipt, name="application_receipt"),
    path("applications/<uuid:public_id>/preview/", pages.preview, name="application_preview"),
    path("applications/<uuid:public_id>/submit/", pages.send, name="application_submit"),
    path("applications/<uuid:public_id>/withdraw/", pages.take_back, name="application_withdraw"),
    path("applications/<uuid:public_id>/discard/", pages.throw_away, name="application_discard"),
    path("applications/<uuid:public_id>/sums/", form.live_sums, name="application_sums"),
    path("applications/<uuid:public_id>/write/<slug:part>/", form.edit, name="application_part"),
    path("applications/<uuid:public_id>/transfers/new/", transfers.transfer_new, name="application_transfer_new"),
    path("applications/<uuid:public_id>/transfers/check/", transfers.transfer_check, name="application_transfer_check"),
    path(
        "applications/<uuid:public_id>/transfers/<uuid:transfer_id>/",
        transfers.transfer_file,
        name="application_transfer",
    ),
    path(
        "applications/<uuid:public_id>/transfers/<uuid:transfer_id>/remove/",
        transfers.transfer_remove,
        name="application_transfer_remove",
    ),
    path("applications/<uuid:public_id>/papers/<uuid:document_id>/", form.paper_file, name="application_paper"),
    path(
        "applications/<uuid:public_id>/papers/<uuid:document_id>/remove/",
        form.paper_remove,
        name="application_paper_remove",
    ),
]
