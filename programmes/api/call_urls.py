from django.urls import path

from programmes.api import call_views

urlpatterns = [
    path("calls/", call_views.CallList.as_view(), name="calls"),
    path("calls/<uuid:public_id>/", call_views.CallDetail.as_view(), name="call"),
]
