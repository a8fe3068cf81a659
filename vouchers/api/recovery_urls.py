from django.urls import path

from vouchers.api import recovery_views as views
from vouchers.api import sanction_views as sanctions

ONE = "vouchers/recoveries/<uuid:public_id>/"
SANCTION = "vouchers/sanctions/<uuid:public_id>/"
urlpatterns = [
    path("vouchers/recoveries/", views.RecoveryList.as_view(), name="recoveries"),
    path(ONE, views.RecoveryDetail.as_view(), name="recovery"),
    path(f"{ONE}object/", views.RecoveryObject.as_view(), name="recovery-object"),
    path(f"{ONE}decide/", views.RecoveryDecide.as_view(), name="recovery-decide"),
    path(f"{ONE}plan/", views.RecoveryPlan.as_view(), name="recovery-plan"),
    path(f"{ONE}receipts/", views.RecoveryReceiptNew.as_view(), name="recovery-receipts"),
    path(f"{ONE}sanctions/", sanctions.RecoverySanction.as_view(), name="recovery-sanctions"),
    path("vouchers/sanctions/", sanctions.SanctionList.as_view(), name="sanctions"),
    path(SANCTION, sanctions.SanctionDetail.as_view(), name="sanction"),
    path(f"{SANCTION}answer/", sanctions.SanctionAnswer.as_view(), name="sanction-answer"),
    path(f"{SANCTION}decide/", sanctions.SanctionDecide.as_view(), name="sanction-decide"),
    path(f"{SANCTION}lift/", sanctions.SanctionLift.as_view(), name="sanction-lift"),
]
