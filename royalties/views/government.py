"""What a company owes the government for its results: own use, payments, and what is still owed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.roles import Permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.pagination import BoundedPaginator
from royalties.forms.government import AheadForm, DirectUseForm, GovernmentPaymentForm, ResultForm
from royalties.forms.income import ReasonForm
from royalties.models import AheadNotice, DirectUse, Distribution, GovernmentPayment
from royalties.queries.funding import money_behind
from royalties.queries.government import (
    MOST_ROWS,
    account_of,
    accounts_of,
    ahead_of,
    company_listings,
    known_task,
    payments_of,
    results_of,
    sales_due,
    uses_of,
)
from royalties.queries.income import work_counts
from royalties.services.government.ahead import pay_ahead, undo_ahead
from royalties.services.government.record import record_payment, record_use, undo_payment, undo_use
from royalties.services.government.result import enter_result
from royalties.services.share.plan import is_company
from tech_listings.models import Listing

PER_PAGE = 20


@require_safe
def government(request: SignedInRequest) -> HttpResponse:
    """Each of the company's technologies with what is owed, paid and open."""
    counts = work_counts(request.user)
    if not counts["pays_government"]:
        raise NotAllowed(_("Only members of a company who keep its royalties can do this."))
    page = BoundedPaginator(results_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "accounts": accounts_of(page.object_list), "today": timezone.localdate(), **counts}
    return render(request, "royalties/government/accounts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def government_new(request: SignedInRequest) -> HttpResponse:
    """Name a result of the company, before its sales are recorded."""
    mine = organizations_with(request.user, Permission.KEEP_ROYALTIES)
    companies = [organization for organization in mine if is_company(organization)]
    if not companies:
        raise NotAllowed(_("Only members of a company who keep its royalties can do this."))
    holder = request.organization if request.organization in companies else companies[0]
    form = ResultForm(posted(request))
    if request.method == "POST" and form.is_valid():
        act = {"holder": holder, "by": request.user, "at": timezone.now(), **form.cleaned_data}
        if made := do(form, enter_result, **act):
            return redirect("royalties:government_use", made.listing.public_id)
    context = {"form": form, "holder": holder}
    return render(request, "royalties/government/new.html", context, status=422 if form.errors else 200)


def _result(request: SignedInRequest, public_id: UUID) -> Listing:
    return get_object_or_404(company_listings(request.user), public_id=public_id)


@require_safe
def government_result(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _show(request, _result(request, public_id))


def _show(request: SignedInRequest, listing: Listing, **forms: Any) -> HttpResponse:
    holder = listing.holder
    licences = Distribution.objects.visible_to(request.user).filter(
        contract__listing=listing, contract__holder=holder, government_won__gt=0
    )
    account, today = account_of(listing), timezone.localdate()
    context = {
        "listing": listing,
        "account": account,
        "today": today,
        "sales_by": sales_due(account, today),
        "licences": licences.for_list()[:MOST_ROWS],
        "uses": uses_of(listing)[:MOST_ROWS],
        "payments": payments_of(listing)[:MOST_ROWS],
        "ahead": ahead_of(listing)[:MOST_ROWS],
        "payment_form": GovernmentPaymentForm(initial={"paid_on": timezone.localdate()}),
        "undo_form": ReasonForm(),
        **forms,
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "royalties/government/result.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def government_use(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Record what was sold with it."""
    listing = _result(request, public_id)
    money = money_behind(listing)
    form = DirectUseForm(posted(request), known=known_task(listing), money=money)
    if request.method == "POST" and form.is_valid():
        act = {"holder": listing.holder, "listing": listing, "used": form.used()}
        if do(form, record_use, **act, by=request.user, at=timezone.now()):
            messages.success(request, _("The sales were recorded. What is owed of them stands below."))
            return redirect("royalties:government_result", listing.public_id)
    context = {"listing": listing, "form": form, "money": money}
    return render(request, "royalties/government/use.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def government_ahead(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Pay what is left up to the cap at once, and be done with reporting sales."""
    listing = _result(request, public_id)
    money = money_behind(listing)
    form = AheadForm(posted(request), known=known_task(listing), money=money)
    if request.method == "POST" and form.is_valid():
        act = {"holder": listing.holder, "listing": listing, "told": form.told()}
        if do(form, pay_ahead, **act, by=request.user, at=timezone.now()):
            messages.success(request, _("The notice was recorded. What is left up to the cap is owed now."))
            return redirect("royalties:government_result", listing.public_id)
    context = {"listing": listing, "form": form, "money": money}
    return render(request, "royalties/government/ahead.html", context, status=422 if form.errors else 200)


@require_POST
def government_pay(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    listing = _result(request, public_id)
    form = GovernmentPaymentForm(request.POST)
    act = {"holder": listing.holder, "listing": listing, "by": request.user, "at": timezone.now()}
    if form.is_valid() and do(form, record_payment, **act, **form.cleaned_data):
        messages.success(request, _("The payment was recorded."))
        return redirect("royalties:government_result", listing.public_id)
    return _show(request, listing, payment_form=form)


@require_POST
def government_use_undo(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    rows = DirectUse.objects.visible_to(request.user).select_related("holder", "listing__holder")
    use = get_object_or_404(rows, public_id=public_id)
    return _undo(request, use.listing, undo_use, use=use)


@require_POST
def government_payment_undo(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    rows = GovernmentPayment.objects.visible_to(request.user).select_related("holder", "listing__holder")
    payment = get_object_or_404(rows, public_id=public_id)
    return _undo(request, payment.listing, undo_payment, payment=payment)


@require_POST
def government_ahead_undo(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    rows = AheadNotice.objects.visible_to(request.user).select_related("holder", "listing__holder")
    notice = get_object_or_404(rows, public_id=public_id)
    return _undo(request, notice.listing, undo_ahead, notice=notice)


def _undo(request: SignedInRequest, listing: Listing, service: Any, **what: Any) -> HttpResponse:
    form = ReasonForm(request.POST)
    if form.is_valid() and do(form, service, by=request.user, at=timezone.now(), **what, **form.cleaned_data):
        messages.success(request, _("It was taken back. The record stays, with your reason."))
        return redirect("royalties:government_result", listing.public_id)
    return _show(request, listing, undo_form=form)
