from django.urls import path

from vouchers.api import choice_views as choices
from vouchers.api import file_views as files
from vouchers.api import order_views as views

urlpatterns = [
    path("vouchers/<uuid:public_id>/providers/", choices.ProviderSearch.as_view(), name="providers"),
    path("vouchers/<uuid:public_id>/choices/", choices.ProviderChoices.as_view(), name="choices"),
    path("provider-choices/<uuid:public_id>/", choices.ProviderChoiceDetail.as_view(), name="choice"),
    path("provider-choices/<uuid:public_id>/ask/", choices.ProviderChoiceAsk.as_view(), name="choice-ask"),
    path("provider-choices/<uuid:public_id>/drop/", choices.ProviderChoiceDrop.as_view(), name="choice-drop"),
    path("voucher-quotations/", views.QuotationList.as_view(), name="quotations"),
    path("voucher-quotations/<uuid:public_id>/", views.QuotationDetail.as_view(), name="quotation"),
    path("voucher-quotations/<uuid:public_id>/give/", views.QuotationGive.as_view(), name="quotation-give"),
    path("voucher-quotations/<uuid:public_id>/decline/", views.QuotationDecline.as_view(), name="quotation-decline"),
    path("voucher-quotations/<uuid:public_id>/withdraw/", views.QuotationWithdraw.as_view(), name="quotation-withdraw"),
    path("voucher-orders/", views.OrderList.as_view(), name="orders"),
    path("voucher-orders/<uuid:public_id>/", views.OrderDetail.as_view(), name="order"),
    path("voucher-orders/<uuid:public_id>/accept/", views.OrderAccept.as_view(), name="order-accept"),
    path("voucher-orders/<uuid:public_id>/decline/", views.OrderDecline.as_view(), name="order-decline"),
    path("voucher-orders/<uuid:public_id>/withdraw/", views.OrderWithdraw.as_view(), name="order-withdraw"),
    path("voucher-orders/<uuid:public_id>/cancel/", views.OrderCancel.as_view(), name="order-cancel"),
    path("voucher-claims/", views.ClaimList.as_view(), name="claims"),
    path("voucher-claims/<uuid:public_id>/", views.ClaimDetail.as_view(), name="claim"),
    path("voucher-claims/<uuid:public_id>/submit/", views.ClaimSubmit.as_view(), name="claim-submit"),
    path("voucher-claims/<uuid:public_id>/withdraw/", views.ClaimWithdraw.as_view(), name="claim-withdraw"),
    path("voucher-claims/<uuid:public_id>/accept/", views.ClaimAccept.as_view(), name="claim-accept"),
    path("voucher-claims/<uuid:public_id>/object/", views.ClaimObject.as_view(), name="claim-object"),
    path("voucher-claims/<uuid:public_id>/check/", views.ClaimCheck.as_view(), name="claim-check"),
    path("voucher-claims/<uuid:public_id>/approve/", views.ClaimApprove.as_view(), name="claim-approve"),
    path("voucher-claims/<uuid:public_id>/return/", views.ClaimReturn.as_view(), name="claim-return"),
    path("voucher-claims/<uuid:public_id>/answer/", views.ClaimAnswer.as_view(), name="claim-answer"),
    path("voucher-claims/<uuid:public_id>/disallow/", views.ClaimDisallow.as_view(), name="claim-disallow"),
    path("voucher-claims/<uuid:public_id>/documents/", files.ClaimDocuments.as_view(), name="claim-documents"),
    path("claim-documents/<uuid:public_id>/", files.ClaimDocumentFile.as_view(), name="claim-document"),
    path("payment-files/", views.PaymentFileList.as_view(), name="payment-files"),
    path("payment-files/<uuid:public_id>/", views.PaymentFileDetail.as_view(), name="payment-file"),
    path("payment-files/<uuid:public_id>/send/", views.PaymentFileSend.as_view(), name="payment-file-send"),
    path("payment-files/<uuid:public_id>/cancel/", views.PaymentFileCancel.as_view(), name="payment-file-cancel"),
    path("payment-files/<uuid:public_id>/file/", files.PaymentFileContent.as_view(), name="payment-file-content"),
    path("payment-files/<uuid:public_id>/results/", files.PaymentFileResults.as_view(), name="payment-file-results"),
]
