from django.urls import path

from programmes.api import call_views
from programmes.api import office_call_views as office
from programmes.forms.call_sections import SECTIONS

ONE = "office/calls/<str:number>/"

urlpatterns = [
    path("calls/", call_views.CallList.as_view(), name="calls"),
    path("calls/<uuid:public_id>/", call_views.CallDetail.as_view(), name="call"),
    path("office/calls/", office.OfficeCalls.as_view(), name="office-calls"),
    path(ONE, office.OfficeCall.as_view(), name="office-call"),
    path(f"{ONE}next/", office.CallNext.as_view(), name="office-call-next"),
    path(f"{ONE}publish/", office.CallPublish.as_view(), name="office-call-publish"),
    path(f"{ONE}cancel/", office.CallCancel.as_view(), name="office-call-cancel"),
    path(f"{ONE}close/", office.CallClose.as_view(), name="office-call-close"),
    *(
        path(f"{ONE}draft/{part.key}/", office.section_view(part).as_view(), name=f"office-call-{part.key}")
        for part in SECTIONS
    ),
]
