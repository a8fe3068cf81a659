"""Invoices: asked for by the holder, paid by the firm."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.roles import Permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.exports import download
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read
from royalties.enums.calendar import DueState
from royalties.exports.income import invoice_cells
from royalties.filters.income import InvoiceFilter
from royalties.forms.income import InvoiceForm, ReasonForm
from royalties.models import Due, Invoice
from royalties.queries.income import keeps_something, to_ask_for, work_counts
from royalties.services.income.issue import cancel_invoice, issue_invoice

PER_PAGE = 20


def allowed(request: SignedInRequest, permission: str, thing: Any) -> None:
    if not request.user.has_perm(permission, thing):
        raise PermissionDenied


def _sees_money(request: SignedInRequest) -> bool:
    return keeps_something(request.user) or bool(organizations_with(request.user, Permission.REPORT_SALES))


def sees_money(request: SignedInRequest) -> None:
    """Raise `NotAllowed` for who neither keeps royalties nor pays any."""
    if not _sees_money(request):
        raise NotAllowed(_("Only members of holders and firms who may see royalty money can do this."))


@require_safe
def invoice_list(request: SignedInRequest) -> HttpResponse:
    """Invoices of the holder, or to the firm, newest first. A broker, who sees none, is led to its fees."""
    if organizations_with(request.user, Permission.QUOTE_FEES) and not _sees_money(request):
        return redirect("royalties:fees")
    sees_money(request)
    found = InvoiceFilter(request.GET, Invoice.objects.visible_to(request.user), request=request)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state")),
        "query": without_empty(request.GET).urlencode(),
        "today": timezone.localdate(),
        **work_counts(request.user),
    }
    return render_part(
        request, page="royalties/income/invoices.html", part="royalties/income/partials/_invoices.html", context=context
    )


@require_safe
def invoice_export(request: SignedInRequest) -> HttpResponseBase:
    """The list as shown: the same filter and order, at most 10,000."""
    sees_money(request)
    found = InvoiceFilter(request.GET, Invoice.objects.visible_to(request.user), request=request)
    return download(
        request, "royalty-invoices", _("Invoices"), invoice_cells(found.qs.for_list()[: CEILING + 1]), most=CEILING
    )


@require_safe
def ask_list(request: SignedInRequest) -> HttpResponse:
    """Lines of the calendar that can be asked for, soonest first."""
    if not keeps_something(request.user):
        raise NotAllowed(_("Only members of a holder who may keep its royalties can do this."))
    page = BoundedPaginator(to_ask_for(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "today": timezone.localdate(), **work_counts(request.user)}
    return render(request, "royalties/income/ask_for.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def invoice_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask for a line of the calendar. Sent twice, it is one invoice."""
    rows = Due.objects.visible_to(request.user).money().select_related("contract__holder", "contract__firm")
    due = get_object_or_404(rows, public_id=public_id)
    allowed(request, "royalties.keep_invoice", due)
    today = timezone.localdate()
    form = InvoiceForm(posted(request), initial={"pay_by": max(due.due_on, today)})
    if request.method == "POST" and form.is_valid():
        issued = do(form, issue_invoice, due=due, by=request.user, at=timezone.now(), **form.cleaned_data)
        if issued:
            messages.success(request, _("The firm was asked to pay."))
            return redirect("royalties:invoice", issued.invoice.public_id)
    context = {"due": due, "form": form, "can_be_asked": due.state == DueState.EXPECTED and due.amount_won}
    return render(request, "royalties/income/invoice_new.html", context, status=422 if form.errors else 200)


def visible_invoice(request: SignedInRequest, public_id: UUID) -> Invoice:
    rows = Invoice.objects.visible_to(request.user).for_list().select_related(
        "contract__holder", "contract__firm", "contract__listing", "due", "issued_by", "cancelled_by"
    )  # fmt: skip
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def invoice_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    invoice = visible_invoice(request, public_id)
    mark_target_read(target_id=invoice.public_id, by=request.user, at=timezone.now())
    return _show(request, invoice, ReasonForm())


def _show(request: SignedInRequest, invoice: Invoice, form: ReasonForm) -> HttpResponse:
    keeps = request.user.has_perm("royalties.keep_invoice", invoice)
    context = {
        "invoice": invoice,
        "payments": invoice.allocations.select_related("receipt").order_by("assigned_at", "pk"),
        "keeps": keeps,
        "may_cancel": keeps and invoice.state == "issued" and not invoice.paid_won,
        "cancel_form": form,
        "today": timezone.localdate(),
    }
    return render(request, "royalties/income/invoice.html", context, status=422 if form.errors else 200)


@require_POST
def invoice_cancel(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    invoice = visible_invoice(request, public_id)
    allowed(request, "royalties.keep_invoice", invoice)
    form = ReasonForm(request.POST)
    if form.is_valid() and do(
        form, cancel_invoice, invoice=invoice, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, _("The invoice was cancelled."))
        return redirect("royalties:invoice", invoice.public_id)
    return _show(request, invoice, form)
