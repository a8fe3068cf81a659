from django.urls import path

from royalties.api import income_views as income

app_name = "royalties-api"
urlpatterns = [
    path("royalties/invoices/", income.InvoiceList.as_view(), name="invoices"),
    path("royalties/invoices/<uuid:public_id>/", income.InvoiceDetail.as_view(), name="invoice"),
    path("royalties/invoices/<uuid:public_id>/cancel/", income.InvoiceCancel.as_view(), name="invoice-cancel"),
    path("royalties/receipts/", income.ReceiptList.as_view(), name="receipts"),
    path("royalties/receipts/<uuid:public_id>/", income.ReceiptDetail.as_view(), name="receipt"),
    path("royalties/receipts/<uuid:public_id>/assign/", income.ReceiptAssign.as_view(), name="receipt-assign"),
    path("royalties/shares/", income.PersonShareList.as_view(), name="shares"),
    path("royalties/fees/", income.FeeShareList.as_view(), name="fees"),
]
