from django.urls import URLPattern, URLResolver, include, path

from vouchers.api import life_views as life
from vouchers.api import order_urls, recovery_urls

app_name = "vouchers-api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(recovery_urls)),
    path("", include(order_urls)),
    path("vouchers/", life.VoucherList.as_view(), name="vouchers"),
    path("vouchers/<uuid:public_id>/", life.VoucherDetail.as_view(), name="voucher"),
    path("vouchers/<uuid:public_id>/deposit/", life.VoucherDeposit.as_view(), name="voucher-deposit"),
    path("vouchers/<uuid:public_id>/refund/", life.VoucherRefund.as_view(), name="voucher-refund"),
    path("vouchers/<uuid:public_id>/suspend/", life.VoucherSuspend.as_view(), name="voucher-suspend"),
    path("vouchers/<uuid:public_id>/resume/", life.VoucherResume.as_view(), name="voucher-resume"),
    path("vouchers/<uuid:public_id>/end/", life.VoucherEnd.as_view(), name="voucher-end"),
    path("vouchers/<uuid:public_id>/withdraw/", life.VoucherWithdraw.as_view(), name="voucher-withdraw"),
    path("vouchers/<uuid:public_id>/changes/", life.VoucherChanges.as_view(), name="voucher-changes"),
    path("vouchers/changes/<uuid:public_id>/decide/", life.ChangeDecide.as_view(), name="change-decide"),
    path("vouchers/changes/<uuid:public_id>/withdraw/", life.ChangeWithdraw.as_view(), name="change-withdraw"),
]
