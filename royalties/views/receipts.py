"""Receipts: entered by hand, assigned to invoices, set aside, paid back."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Prefetch
from django.forms import Form
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, back, posted
from accounts.models import Organization
from accounts.roles import Permission, organizations_with
from deals.views.negotiations_act import refused
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.exports import download
from marketplace.core.idempotency import KeyReused
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from royalties.exports.income import receipt_cells
from royalties.filters.income import ReceiptFilter
from royalties.forms.income import AssignForm, PayBackForm, ReasonForm, ReceiptForm
from royalties.models import Allocation, Receipt
from royalties.queries.income import keeps_something, open_invoices_of, work_counts
from royalties.services.income.assign import assign, undo_assignment
from royalties.services.income.receive import enter_receipt, pay_back, set_aside, take_up_again
from royalties.views.invoices import PER_PAGE, allowed


def holder_of(request: SignedInRequest) -> Organization:
    """The organization for which royalties are kept: the current one, or the only one. Raises `NotAllowed`."""
    mine = organizations_with(request.user, Permission.KEEP_ROYALTIES)
    if not keeps_something(request.user):
        raise NotAllowed(_("Only members of a holder who may keep its royalties can do this."))
    return request.organization if request.organization in mine else mine[0]


def _filtered(request: SignedInRequest) -> ReceiptFilter:
    holder_of(request)
    return ReceiptFilter(request.GET, Receipt.objects.visible_to(request.user), request=request)


@require_safe
def receipt_list(request: SignedInRequest) -> HttpResponse:
    found = _filtered(request)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state")),
        "query": without_empty(request.GET).urlencode(),
        **work_counts(request.user),
    }
    return render_part(
        request, page="royalties/income/receipts.html", part="royalties/income/partials/_receipts.html", context=context
    )


@require_safe
def receipt_export(request: SignedInRequest) -> HttpResponseBase:
    """The list as shown: the same filter and order, at most 10,000."""
    assigned = Prefetch("allocations", Allocation.objects.select_related("invoice").order_by("pk"))
    rows = _filtered(request).qs.for_list().prefetch_related(assigned)[: CEILING + 1]
    return download(request, "royalty-receipts", _("Receipts"), receipt_cells(rows), most=CEILING)


@require_http_methods(["GET", "HEAD", "POST"])
def receipt_new(request: SignedInRequest) -> HttpResponse:
    holder = holder_of(request)
    form = ReceiptForm(posted(request), initial={"booked_on": timezone.localdate(), "key": uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            entered = do(form, enter_receipt, holder=holder, by=request.user, at=timezone.now(), **form.cleaned_data)
        except KeyReused as refusal:  # gone back in the browser, and other words typed
            entered = None
            refused(form, refusal)
        if entered:
            messages.success(request, _("The receipt was written down. Put it to an invoice."))
            return redirect("royalties:receipt", entered.receipt.public_id)
    context = {"form": form, "holder": holder}
    return render(request, "royalties/income/receipt_new.html", context, status=422 if form.errors else 200)


def visible_receipt(request: SignedInRequest, public_id: UUID) -> Receipt:
    rows = Receipt.objects.visible_to(request.user).select_related("holder", "suggested", "entered_by", "bank_file")
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def receipt_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _show(request, visible_receipt(request, public_id))


def _show(request: SignedInRequest, receipt: Receipt, **forms: Form) -> HttpResponse:
    """The page of a receipt; `forms` are those that were sent and refused."""
    suggested = receipt.suggested.public_id if receipt.suggested and receipt.suggested.open_won else None
    invoices = open_invoices_of(receipt)
    is_open = receipt.state == "open"
    context = {
        "receipt": receipt,
        "parts": receipt.allocations.select_related("invoice__contract__firm", "assigned_by", "undone_by").order_by(
            "pk"
        ),
        "postings": receipt.postings.select_related("by").prefetch_related("entries").order_by("pk"),
        "is_open": is_open,
        "is_untouched": is_open and not receipt.allocated_won and not receipt.returned_won,
        "has_invoices": is_open and invoices.exists(),
        "assign_form": AssignForm(invoices=invoices, initial={"invoice": suggested}, auto_id="id_assign_%s"),
        "aside_form": ReasonForm(auto_id="id_aside_%s"),
        "back_form": PayBackForm(initial={"amount_won": receipt.open_won}, auto_id="id_back_%s"),
        "undo_form": ReasonForm(auto_id="id_undo_%s"),
        **forms,
    }
    return render(request, "royalties/income/receipt.html", context, status=422 if forms else 200)


@require_POST
def receipt_assign(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    receipt = visible_receipt(request, public_id)
    form = AssignForm(request.POST, invoices=open_invoices_of(receipt), auto_id="id_assign_%s")
    return _act(request, receipt, "assign_form", form, assign, _("The receipt was put to the invoice."))


@require_POST
def receipt_aside(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    receipt, form = visible_receipt(request, public_id), ReasonForm(request.POST, auto_id="id_aside_%s")
    return _act(request, receipt, "aside_form", form, set_aside, _("The receipt was set aside."))


@require_POST
def receipt_back(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    receipt, form = visible_receipt(request, public_id), PayBackForm(request.POST, auto_id="id_back_%s")
    return _act(request, receipt, "back_form", form, pay_back, _("It is noted that the money went back."))


@require_POST
def receipt_take_up(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    receipt = visible_receipt(request, public_id)
    take_up_again(receipt=receipt, by=request.user, at=timezone.now())
    messages.success(request, _("The receipt can be assigned again."))
    return redirect("royalties:receipt", receipt.public_id)


def _act(request: SignedInRequest, receipt: Receipt, name: str, form: Form, service: Any, done: str) -> HttpResponse:
    allowed(request, "royalties.keep_receipt", receipt)
    if form.is_valid() and do(form, service, receipt=receipt, by=request.user, at=timezone.now(), **form.cleaned_data):
        messages.success(request, done)
        return redirect("royalties:receipt", receipt.public_id)
    return _show(request, receipt, **{name: form})


@require_POST
def allocation_undo(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    rows = Allocation.objects.visible_to(request.user).select_related("receipt", "invoice__contract__holder")
    allocation = get_object_or_404(rows, public_id=public_id)
    allowed(request, "royalties.undo_allocation", allocation)
    form = ReasonForm(request.POST, auto_id="id_undo_%s")
    if form.is_valid() and do(
        form, undo_assignment, allocation=allocation, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, _("The receipt was taken off the invoice."))
        return back(request, "royalties:receipt", allocation.receipt.public_id)
    return _show(request, visible_receipt(request, allocation.receipt.public_id), undo_form=form)
