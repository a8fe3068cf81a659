from django.urls import path

from programmes.views import calls, office_calls, office_samples

urlpatterns = [
    path("calls/", calls.calls, name="calls"),
    path("calls/export.csv", calls.calls_export, name="calls_export"),
    path("calls/deadlines.ics", calls.calls_calendar, name="calls_calendar"),
    path("calls/<uuid:public_id>/", calls.call, name="call"),
    path("officer/calls/", office_calls.office_calls, name="office_calls"),
    path("officer/calls/new/", office_calls.call_new, name="call_new"),
    path("officer/calls/<uuid:public_id>/", office_calls.office_call, name="office_call"),
    path("officer/calls/<uuid:public_id>/copy/", office_calls.call_new, name="call_copy"),
    path("officer/calls/<uuid:public_id>/edit/<slug:section>/", office_calls.call_edit, name="call_edit"),
    path("officer/calls/<uuid:public_id>/preview/", office_calls.call_preview, name="call_preview"),
    path("officer/calls/<uuid:public_id>/publish/", office_calls.call_publish, name="call_publish"),
    path("officer/calls/<uuid:public_id>/next/", office_calls.call_next, name="call_next"),
    path("officer/calls/<uuid:public_id>/samples/", office_samples.call_samples, name="call_samples"),
    path("officer/calls/<uuid:public_id>/cancel/", office_calls.call_cancel, name="call_cancel"),
    path("officer/calls/<uuid:public_id>/close/", office_calls.call_close, name="call_close"),
]
