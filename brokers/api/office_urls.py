from django.urls import path

from brokers.api import office_views as office
from brokers.enums.office import Act

ONE = "office/broker-applications/<uuid:public_id>/"
ACTS = {
    Act.TAKE_UP: office.OfficeTakeUp,
    Act.ASK_COMPLETION: office.OfficeAskCompletion,
    Act.PASS: office.OfficePass,
    Act.ADVICE: office.OfficeAdvice,
    Act.COMMITTEE: office.OfficeCommittee,
    Act.SESSION: office.OfficeSession,
    Act.TRAINING: office.OfficeTraining,
    Act.REGISTER: office.OfficeRegister,
    Act.REFUSE: office.OfficeRefuse,
    Act.OBJECTION: office.OfficeObjection,
}

urlpatterns = [
    path("broker-requirements/", office.RequirementVersionList.as_view(), name="requirements"),
    path("broker-requirements/<uuid:public_id>/", office.RequirementVersionDetail.as_view(), name="requirement"),
    path("office/broker-applications/", office.OfficeApplicationList.as_view(), name="office-applications"),
    path(ONE, office.OfficeApplicationDetail.as_view(), name="office-application"),
    *(path(f"{ONE}{act.value}/", view.as_view(), name=f"office-{act.value}") for act, view in ACTS.items()),
]
