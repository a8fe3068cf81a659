from django.urls import path

from royalties.views import calendar, dues, sales, work

urlpatterns = [
    path("", work.work, name="work"),
    path("dues/", dues.due_list, name="dues"),
    path("dues/export.csv", dues.due_export, name="dues_export"),
    path("dues/<uuid:public_id>/", dues.due_page, name="due"),
    path("dues/<uuid:public_id>/waive/", dues.due_waive, name="due_waive"),
    path("dues/<uuid:public_id>/reached/", dues.due_reached, name="due_reached"),
    path("dues/<uuid:public_id>/extend/", dues.due_extend, name="due_extend"),
    path("reached/<uuid:public_id>/confirm/", dues.reached_confirm, name="reached_confirm"),
    path("reached/<uuid:public_id>/refuse/", dues.reached_refuse, name="reached_refuse"),
    path("contracts/<uuid:public_id>/", calendar.calendar, name="calendar"),
    path("contracts/<uuid:public_id>/sales/new/", sales.statement_new, name="sales_new"),
    path("contracts/<uuid:public_id>/usage/new/", calendar.usage_new, name="usage_new"),
    path("sales/<uuid:public_id>/", sales.statement_page, name="sales"),
    path("sales/<uuid:public_id>/lines.csv", sales.statement_lines, name="sales_lines"),
    path("sales/<uuid:public_id>/accept/", sales.statement_accept, name="sales_accept"),
    path("sales/<uuid:public_id>/question/", sales.statement_question, name="sales_question"),
    path("rules/", calendar.rules, name="rules"),
]
