from django.urls import path

from vouchers.views import life

urlpatterns = [
    path("", life.voucher_list, name="vouchers"),
    path("export/", life.voucher_export, name="vouchers_export"),
    path("<uuid:public_id>/", life.voucher_detail, name="voucher"),
    path("<uuid:public_id>/deposit/", life.deposit_new, name="voucher_deposit"),
    path("<uuid:public_id>/refund/", life.refund_new, name="voucher_refund"),
    path("<uuid:public_id>/suspend/", life.voucher_suspend, name="voucher_suspend"),
    path("<uuid:public_id>/resume/", life.voucher_resume, name="voucher_resume"),
    path("<uuid:public_id>/end/", life.voucher_end, name="voucher_end"),
    path("<uuid:public_id>/withdraw/", life.voucher_withdraw, name="voucher_withdraw"),
    path("<uuid:public_id>/change/", life.change_new, name="voucher_change"),
    path("changes/<uuid:public_id>/withdraw/", life.change_withdraw, name="change_withdraw"),
    path("changes/<uuid:public_id>/decide/", life.change_decide, name="change_decide"),
]
