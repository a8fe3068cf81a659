"""What a company owes the government for its results: own use, payments, and what is still owed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import OrganizationKind
from accounts.http import SignedInRequest, posted
from accounts.models import Organization
from accounts.roles import Permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from royalties.forms.government import DirectUseForm, GovernmentPaymentForm
from royalties.forms.income import ReasonForm
from royalties.models import DirectUse, Distribution, GovernmentPayment
from royalties.queries.funding import money_behind
from royalties.queries.government import account_of, accounts_of
from royalties.queries.income import work_counts
from royalties.querysets.income import keepers
from royalties.services.government.record import record_payment, record_use, undo_payment, undo_use
from tech_listings.models import Listing


def company_of(request: SignedInRequest) -> Organization:
    """The company for which royalties are kept. Raises `NotAllowed`: institutes pay no such royalty."""
    mine = [
        organization
        for organization in organizations_with(request.user, Permission.KEEP_ROYALTIES)
        if organization.kind == OrganizationKind.COMPANY
    ]
    if not mine:
        raise NotAllowed(_("Only members of a company who keep its royalties can do this."))
    return request.organization if request.organization in mine else mine[0]


@require_safe
def government(request: SignedInRequest) -> HttpResponse:
    """Each of the company's technologies with what is owed, paid and open."""
    company = company_of(request)
    context = {"holder": company, "accounts": accounts_of(company), **work_counts(request.user)}
    return render(request, "royalties/government/accounts.html", context)


def _result(request: SignedInRequest, public_id: UUID) -> Listing:
    rows = Listing.objects.filter(holder__in=keepers(request.user), holder__kind=OrganizationKind.COMPANY)
    return get_object_or_404(rows.select_related("holder"), public_id=public_id)


@require_safe
def government_result(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _show(request, _result(request, public_id))


def _show(request: SignedInRequest, listing: Listing, **forms: Any) -> HttpResponse:
    holder = listing.holder
    licences = Distribution.objects.visible_to(request.user).filter(
        contract__listing=listing, contract__holder=holder, government_won__gt=0
    )
    context = {
        "listing": listing,
        "account": account_of(holder, listing),
        "licences": licences.for_list()[:100],
        "uses": DirectUse.objects.about(holder, listing).select_related("rule").order_by("-sold_from", "-pk")[:100],
        "payments": GovernmentPayment.objects.about(holder, listing).order_by("-paid_on", "-pk")[:100],
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
    last = DirectUse.objects.about(listing.holder, listing).standing().order_by("-sold_from").first()
    form = DirectUseForm(posted(request), last=last, money=money)
    if request.method == "POST" and form.is_valid():
        act = {"holder": listing.holder, "listing": listing, "used": form.used()}
        if do(form, record_use, **act, by=request.user, at=timezone.now()):
            messages.success(request, _("The sales were recorded. What is owed of them stands below."))
            return redirect("royalties:government_result", listing.public_id)
    context = {"listing": listing, "form": form, "money": money}
    return render(request, "royalties/government/use.html", context, status=422 if form.errors else 200)


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


def _undo(request: SignedInRequest, listing: Listing, service: Any, **what: Any) -> HttpResponse:
    form = ReasonForm(request.POST)
    if form.is_valid() and do(form, service, by=request.user, at=timezone.now(), **what, **form.cleaned_data):
        messages.success(request, _("It was taken back. The record stays, with your reason."))
        return redirect("royalties:government_result", listing.public_id)
    return _show(request, listing, undo_form=form)
