from django.urls import path

from brokers.views import changes, oversight, reports, staff

urlpatterns = [
    path("me/qualifications/", staff.qualifications, name="qualifications"),
    path("brokers/staff/", staff.staff, name="staff"),
    path("brokers/staff/<uuid:public_id>/answer/", staff.staff_answer, name="staff_answer"),
    path("brokers/staff/<uuid:public_id>/end/", staff.staff_end, name="staff_end"),
    path("brokers/reports/", reports.reports, name="reports"),
    path("brokers/reports/<uuid:public_id>/", reports.report, name="report"),
    path("brokers/reports/<uuid:public_id>/export.csv", reports.report_export, name="report_export"),
    path("brokers/reports/<uuid:public_id>/submit/", reports.report_submit, name="report_submit"),
    path("brokers/reports/<uuid:public_id>/correct/", reports.report_correct, name="report_correct"),
    path("brokers/reports/deals/new/", reports.deal_new, name="reported_deal_new"),
    path("brokers/reports/deals/<uuid:public_id>/", reports.deal_edit, name="reported_deal_edit"),
    path("brokers/reports/deals/<uuid:public_id>/remove/", reports.deal_remove, name="reported_deal_remove"),
    path("brokers/changes/", changes.changes, name="changes"),
    path("brokers/changes/new/", changes.change_new, name="change_new"),
    path("brokers/changes/<uuid:public_id>/", changes.change, name="change"),
    path("brokers/changes/<uuid:public_id>/document/", changes.change_evidence, name="change_evidence"),
    path("brokers/changes/<uuid:public_id>/tell/", changes.change_file, name="change_file"),
    path("brokers/changes/<uuid:public_id>/dismiss/", changes.change_dismiss, name="change_dismiss"),
    path("brokers/changes/<uuid:public_id>/acknowledge/", changes.change_acknowledge, name="change_acknowledge"),
    path("brokers/warnings/", oversight.warnings, name="warnings"),
    path("brokers/warnings/<uuid:public_id>/", oversight.warning, name="warning"),
    path("brokers/warnings/<uuid:public_id>/answer/", oversight.warning_answer, name="warning_answer"),
    path("brokers/warnings/<uuid:public_id>/lift/", oversight.warning_lift, name="warning_lift"),
    path("officer/brokers/qualifications/", staff.qualification_queue, name="qualification_queue"),
    path(
        "officer/brokers/qualifications/<uuid:public_id>/decide/", staff.qualification_decide,
        name="qualification_decide",
    ),
    path("officer/brokers/duties/", oversight.duties, name="duties"),
    path("officer/brokers/duties/export.csv", oversight.duties_export, name="duties_export"),
    path("officer/brokers/duties/<uuid:public_id>/", oversight.broker, name="duties_of_broker"),
    path("officer/brokers/duties/<uuid:public_id>/warn/", oversight.warn, name="warn"),
]  # fmt: skip
