from django.contrib.auth.decorators import login_not_required
from django.urls import path

from obligations.views import compliance, duties, letters, projects, public, queues, results, work, work_table

app_name = "obligations"
urlpatterns = [
    path("compliance/", compliance.overview, name="compliance"),
    path("compliance/export.csv", compliance.overview_export, name="compliance_export"),
    path("compliance/duties/", compliance.duties, name="duties"),
    path("compliance/duties/export.csv", compliance.duties_export, name="duties_export"),
    path("compliance/duties/export.xlsx", compliance.duties_xlsx, name="duties_xlsx"),
    path("duties/", duties.duty_list, name="duty_list"),
    path("duties/to-verify/", queues.to_verify, name="to_verify"),
    path("duties/verify/", queues.verify_chosen, name="verify_chosen"),
    path("duties/<uuid:public_id>/", duties.duty, name="duty"),
    *[
        path(f"duties/<uuid:public_id>/{name.replace('_', '-')}/", duties.act, {"action": name}, name=f"duty_{name}")
        for name in duties.ACTIONS
    ],
    path("exemptions/", queues.exemptions, name="exemptions"),
    path("exemptions/<uuid:public_id>/evidence/", duties.evidence, name="evidence"),
    path("letters/", letters.letter_list, name="letters"),
    path("letters/calendar/", letters.calendar, name="calendar"),
    path("letters/<uuid:public_id>/", letters.letter, name="letter"),
    path("overdue/", login_not_required(public.table), name="public"),
    path("overdue/export.csv", login_not_required(public.export), name="public_export"),
    path("projects/", projects.project_list, name="projects"),
    path("projects/export.csv", projects.projects_export, name="projects_export"),
    path("projects/export.xlsx", projects.projects_xlsx, name="projects_xlsx"),
    path("projects/new/", projects.project_add, name="project_add"),
    path("projects/<uuid:public_id>/", projects.project_detail, name="project"),
    path("projects/<uuid:public_id>/edit/", projects.project_edit, name="project_edit"),
    path("projects/<uuid:public_id>/history/", projects.project_versions, name="project_history"),
    path("projects/<uuid:public_id>/delete/", projects.project_delete, name="project_delete"),
    path("projects/<uuid:public_id>/restore/", projects.project_restore, name="project_restore"),
    path("projects/<uuid:public_id>/results/new/", results.result_add, name="result_add"),
    path("results/<uuid:public_id>/edit/", results.result_edit, name="result_edit"),
    path("results/<uuid:public_id>/merge/", results.result_merge, name="result_merge"),
    path("results/<uuid:public_id>/delete/", results.result_delete, name="result_delete"),
    path("results/<uuid:public_id>/restore/", results.result_restore, name="result_restore"),
    path("work/", work.work, name="work"),
    path("work/export.csv", work.export_csv, name="work_export"),
    path("work/export.xlsx", work.export_xlsx, name="work_xlsx"),
    path("work/drafts/", work.make_drafts, name="work_drafts"),
    path("work/table/", work_table.table, name="work_table"),
    path("work/send/", work_table.send, name="work_send"),
    path("work/<uuid:public_id>/draft/", work.make_draft, name="work_draft"),
    path("work/<uuid:public_id>/link/<uuid:listing_id>/", work.link, name="work_link"),
]
