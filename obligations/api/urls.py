from django.urls import path

from obligations.api import views, work_views

app_name = "obligations-api"
urlpatterns = [
    path("projects/", views.ProjectList.as_view(), name="projects"),
    path("projects/<uuid:public_id>/", views.ProjectDetail.as_view(), name="project"),
    path("projects/<uuid:public_id>/restore/", views.ProjectRestore.as_view(), name="project-restore"),
    path("projects/<uuid:public_id>/results/", views.ProjectResults.as_view(), name="project-results"),
    path("results/<uuid:public_id>/", views.ResultDetail.as_view(), name="result"),
    path("results/<uuid:public_id>/restore/", views.ResultRestore.as_view(), name="result-restore"),
    path("results/<uuid:public_id>/merge/", views.ResultMerge.as_view(), name="result-merge"),
    path("obligations/", views.DutyList.as_view(), name="duties"),
    path("obligations/<uuid:public_id>/", views.DutyDetail.as_view(), name="duty"),
    path("work/", work_views.WorkList.as_view(), name="work"),
    path("work/<uuid:public_id>/draft/", work_views.WorkDraft.as_view(), name="work-draft"),
    path("work/<uuid:public_id>/link/", work_views.WorkLink.as_view(), name="work-link"),
]
