from django.urls import path

from brokers.views import registration as pages
from brokers.views import registration_form as form

urlpatterns = [
    path("apply/", pages.apply, name="apply"),
    path("apply/start/", pages.apply_start, name="apply_start"),
    path("applications/<uuid:public_id>/", pages.detail, name="application"),
    path("applications/<uuid:public_id>/edit/", form.edit, name="application_edit"),
    path("applications/<uuid:public_id>/check/", form.live_check, name="application_check"),
    path("applications/<uuid:public_id>/hand-in/", pages.application_hand_in, name="application_hand_in"),
    path("applications/<uuid:public_id>/withdraw/", pages.application_withdraw, name="application_withdraw"),
    path("applications/<uuid:public_id>/object/", pages.application_object, name="application_object"),
    path(
        "applications/<uuid:public_id>/documents/<uuid:document_id>/", pages.document_file, name="application_document"
    ),
]
