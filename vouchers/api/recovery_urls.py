from django.urls import path

from vouchers.api import recovery_views as views

ONE = "vouchers/recoveries/<uuid:public_id>/"
urlpatterns = [
    path("vouchers/recoveries/", views.RecoveryList.as_view(), name="recoveries"),
    path(ONE, views.RecoveryDetail.as_view(), name="recovery"),
    path(f"{ONE}object/", views.RecoveryObject.as_view(), name="recovery-object"),
    path(f"{ONE}decide/", views.RecoveryDecide.as_view(), name="recovery-decide"),
    path(f"{ONE}plan/", views.RecoveryPlan.as_view(), name="recovery-plan"),
    path(f"{ONE}receipts/", views.RecoveryReceiptNew.as_view(), name="recovery-receipts"),
]
