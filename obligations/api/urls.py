from django.urls import path

from obligations.api import duty_views, views, work_views

app_name = "obligations-api"
urlpatterns = [
    path("projects/", views.ProjectList.as_view(), name="projects"),
    path("projects/<uuid:public_id>/", views.ProjectDetail.as_view(), name="project"),
    path("projects/<uuid:public_id>/restore/", views.ProjectRestore.as_view(), name="project-restore"),
    path("projects/<uuid:public_id>/results/", views.ProjectResults.as_view(), name="project-results"),
    path("results/<uuid:public_id>/", views.ResultDetail.as_view(), name="result"),
    path("results/<uuid:public_id>/restore/", views.ResultRestore.as_view(), name="result-restore"),
    path("results/<uuid:public_id>/merge/", views.ResultMerge.as_view(), name="result-merge"),
    path("work/", work_views.WorkList.as_view(), name="work"),
    path("work/<uuid:public_id>/draft/", work_views.WorkDraft.as_view(), name="work-draft"),
    path("work/<uuid:public_id>/link/", work_views.WorkLink.as_view(), name="work-link"),
    path("duties/", duty_views.DutyRows.as_view(), name="duty-rows"),
    path("duties/<uuid:public_id>/", duty_views.DutyPage.as_view(), name="duty-page"),
    path("duties/<uuid:public_id>/discharge/", duty_views.DutyDischarge.as_view(), name="discharge"),
    path("duties/<uuid:public_id>/undischarge/", duty_views.DutyUndischarge.as_view(), name="undischarge"),
    path("duties/<uuid:public_id>/verify/", duty_views.DutyVerify.as_view(), name="verify"),
    path("duties/<uuid:public_id>/delay/", duty_views.DutyDelay.as_view(), name="delay"),
    path("duties/<uuid:public_id>/count/", duty_views.DutyCount.as_view(), name="count"),
    path("duties/<uuid:public_id>/ask/", duty_views.DutyAsk.as_view(), name="ask"),
    path("duties/<uuid:public_id>/decide/", duty_views.DutyDecide.as_view(), name="decide"),
    path("duties/<uuid:public_id>/take-back/", duty_views.DutyTakeBack.as_view(), name="take_back"),
    path("exemptions/", duty_views.ExemptionList.as_view(), name="exemptions"),
    path("exemptions/<uuid:public_id>/", duty_views.ExemptionDetail.as_view(), name="exemption"),
    path("exemptions/<uuid:public_id>/evidence/", duty_views.ExemptionEvidence.as_view(), name="evidence"),
    path("letters/", duty_views.LetterList.as_view(), name="letters"),
    path("letters/<uuid:public_id>/", duty_views.LetterDetail.as_view(), name="letter"),
    path("compliance/", duty_views.Compliance.as_view(), name="compliance"),
    path("overdue-institutes/", duty_views.OverdueInstitutes.as_view(), name="overdue"),
]
