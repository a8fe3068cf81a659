from django.urls import path

from royalties.api import bank_views as bank
from royalties.api import calendar_views as calendar
from royalties.api import government_views as government
from royalties.api import income_views as income
from royalties.api import receipt_views as receipt
from royalties.api import sharing_views as sharing

app_name = "royalties-api"
urlpatterns = [
    path("royalties/invoices/", income.InvoiceList.as_view(), name="invoices"),
    path("royalties/invoices/<uuid:public_id>/", income.InvoiceDetail.as_view(), name="invoice"),
    path("royalties/invoices/<uuid:public_id>/cancel/", income.InvoiceCancel.as_view(), name="invoice-cancel"),
    path("royalties/receipts/", income.ReceiptList.as_view(), name="receipts"),
    path("royalties/receipts/<uuid:public_id>/", income.ReceiptDetail.as_view(), name="receipt"),
    path("royalties/receipts/<uuid:public_id>/assign/", income.ReceiptAssign.as_view(), name="receipt-assign"),
    path("royalties/receipts/<uuid:public_id>/aside/", receipt.ReceiptAside.as_view(), name="receipt-aside"),
    path("royalties/receipts/<uuid:public_id>/take-up/", receipt.ReceiptTakeUp.as_view(), name="receipt-take-up"),
    path("royalties/receipts/<uuid:public_id>/pay-back/", receipt.ReceiptPayBack.as_view(), name="receipt-pay-back"),
    path("royalties/assignments/<uuid:public_id>/undo/", receipt.AssignmentUndo.as_view(), name="assignment-undo"),
    path("royalties/shares/", income.PersonShareList.as_view(), name="shares"),
    path("royalties/fees/", income.FeeShareList.as_view(), name="fees"),
    path("royalties/dues/", calendar.DueList.as_view(), name="dues"),
    path("royalties/dues/<uuid:public_id>/", calendar.DueDetail.as_view(), name="due"),
    path("royalties/dues/<uuid:public_id>/waive/", calendar.DueWaive.as_view(), name="due-waive"),
    path("royalties/dues/<uuid:public_id>/reached/", calendar.DueReached.as_view(), name="due-reached"),
    path("royalties/dues/<uuid:public_id>/extend/", calendar.DueExtend.as_view(), name="due-extend"),
    path("royalties/reached/<uuid:public_id>/confirm/", calendar.ReachedConfirm.as_view(), name="reached-confirm"),
    path("royalties/reached/<uuid:public_id>/refuse/", calendar.ReachedRefuse.as_view(), name="reached-refuse"),
    path("royalties/contracts/<uuid:public_id>/", calendar.CalendarOfContract.as_view(), name="calendar"),
    path("royalties/contracts/<uuid:public_id>/sales/", calendar.StatementList.as_view(), name="statements"),
    path("royalties/contracts/<uuid:public_id>/usage/", calendar.UsageList.as_view(), name="usage"),
    path("royalties/sales/<uuid:public_id>/", calendar.StatementDetail.as_view(), name="statement"),
    path("royalties/sales/<uuid:public_id>/accept/", calendar.StatementAccept.as_view(), name="statement-accept"),
    path("royalties/sales/<uuid:public_id>/question/", calendar.StatementQuestion.as_view(), name="statement-question"),
    path("royalties/contracts/<uuid:public_id>/share-plans/", sharing.PlanList.as_view(), name="share-plans"),
    path("royalties/to-share/", sharing.ToShareList.as_view(), name="to-share"),
    path("royalties/to-share/<uuid:public_id>/", sharing.ProposalDetail.as_view(), name="proposal"),
    path("royalties/to-share/<uuid:public_id>/share-out/", sharing.ShareOut.as_view(), name="share-out"),
    path("royalties/distributions/", sharing.DistributionList.as_view(), name="distributions"),
    path("royalties/distributions/<uuid:public_id>/", sharing.DistributionDetail.as_view(), name="distribution"),
    path(
        "royalties/distributions/<uuid:public_id>/undo/", sharing.DistributionUndo.as_view(), name="distribution-undo"
    ),
    path("royalties/bank-files/", bank.BankFileList.as_view(), name="bank-files"),
    path("royalties/bank-files/<uuid:public_id>/", bank.BankFileDetail.as_view(), name="bank-file"),
    path("royalties/bank-files/<uuid:public_id>/rows/", bank.DepositList.as_view(), name="bank-rows"),
    path("royalties/bank-files/<uuid:public_id>/book/", bank.BankFileBook.as_view(), name="bank-book"),
    path("royalties/bank-files/<uuid:public_id>/discard/", bank.BankFileDiscard.as_view(), name="bank-discard"),
    path("royalties/work/", calendar.Work.as_view(), name="work"),
    path("royalties/late-rules/", calendar.LateRules.as_view(), name="late-rules"),
    path("royalties/government/", government.GovernmentAccountList.as_view(), name="government"),
    path("royalties/government/<uuid:public_id>/", government.GovernmentAccountDetail.as_view(), name="government-of"),
    path("royalties/government/<uuid:public_id>/uses/", government.DirectUseNew.as_view(), name="government-uses"),
    path("royalties/government/<uuid:public_id>/ahead/", government.AheadNoticeNew.as_view(), name="government-ahead"),
    path(
        "royalties/government/ahead/<uuid:public_id>/undo/",
        government.AheadNoticeUndo.as_view(),
        name="government-ahead-undo",
    ),
    path(
        "royalties/government/<uuid:public_id>/payments/",
        government.GovernmentPaymentNew.as_view(),
        name="government-payments",
    ),
    path(
        "royalties/government/uses/<uuid:public_id>/undo/",
        government.DirectUseUndo.as_view(),
        name="government-use-undo",
    ),
    path(
        "royalties/government/payments/<uuid:public_id>/undo/",
        government.GovernmentPaymentUndo.as_view(),
        name="government-payment-undo",
    ),
]
