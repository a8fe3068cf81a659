from django.urls import path

from obligations.api import views

app_name = "obligations-api"
urlpatterns = [
    path("duties/", views.DutyList.as_view(), name="duties"),
    path("duties/<uuid:public_id>/", views.DutyDetail.as_view(), name="duty"),
    path("duties/<uuid:public_id>/discharge/", views.DutyDischarge.as_view(), name="discharge"),
    path("duties/<uuid:public_id>/undischarge/", views.DutyUndischarge.as_view(), name="undischarge"),
    path("duties/<uuid:public_id>/verify/", views.DutyVerify.as_view(), name="verify"),
    path("duties/<uuid:public_id>/delay/", views.DutyDelay.as_view(), name="delay"),
    path("duties/<uuid:public_id>/count/", views.DutyCount.as_view(), name="count"),
    path("duties/<uuid:public_id>/ask/", views.DutyAsk.as_view(), name="ask"),
    path("duties/<uuid:public_id>/decide/", views.DutyDecide.as_view(), name="decide"),
    path("duties/<uuid:public_id>/take-back/", views.DutyTakeBack.as_view(), name="take_back"),
    path("exemptions/", views.ExemptionList.as_view(), name="exemptions"),
    path("exemptions/<uuid:public_id>/", views.ExemptionDetail.as_view(), name="exemption"),
    path("exemptions/<uuid:public_id>/evidence/", views.ExemptionEvidence.as_view(), name="evidence"),
    path("letters/", views.LetterList.as_view(), name="letters"),
    path("letters/<uuid:public_id>/", views.LetterDetail.as_view(), name="letter"),
    path("compliance/", views.Compliance.as_view(), name="compliance"),
    path("overdue-institutes/", views.OverdueInstitutes.as_view(), name="overdue"),
]
