from django.urls import path

from vouchers.views import recovery, sanctions

urlpatterns = [
    path("excluded/", sanctions.excluded, name="excluded"),
    path("recoveries/", recovery.recovery_list, name="recoveries"),
    path("recoveries/export/", recovery.recovery_export, name="recoveries_export"),
    path("recoveries/<uuid:public_id>/", recovery.recovery_detail, name="recovery"),
    path("recoveries/<uuid:public_id>/object/", recovery.recovery_object, name="recovery_object"),
    path("recoveries/<uuid:public_id>/decide/", recovery.recovery_decide, name="recovery_decide"),
    path("recoveries/<uuid:public_id>/plan/", recovery.recovery_plan, name="recovery_plan"),
    path("recoveries/<uuid:public_id>/receipt/", recovery.receipt_new, name="recovery_receipt"),
    path("recoveries/<uuid:public_id>/sanction/", recovery.recovery_sanction, name="recovery_sanction"),
    path("sanctions/", sanctions.sanction_list, name="sanctions"),
    path("sanctions/new/", sanctions.sanction_new, name="sanction_new"),
    path("sanctions/<uuid:public_id>/", sanctions.sanction_detail, name="sanction"),
    path("sanctions/<uuid:public_id>/answer/", sanctions.sanction_answer, name="sanction_answer"),
    path("sanctions/<uuid:public_id>/decide/", sanctions.sanction_decide, name="sanction_decide"),
    path("sanctions/<uuid:public_id>/lift/", sanctions.sanction_lift, name="sanction_lift"),
    path("<uuid:public_id>/recover/", recovery.recovery_new, name="recovery_new"),
]
