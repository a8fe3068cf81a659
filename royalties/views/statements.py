"""What each person got, and what each broker earned."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.roles import Permission, organizations_with
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.exports import download
from marketplace.core.pages import without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_targets_read
from royalties.exports.income import fee_cells, payroll_cells, statement_cells
from royalties.filters.income import FeeFilter
from royalties.forms.income import PeriodForm
from royalties.models import FeeShare, Payee, PersonShare
from royalties.queries.income import keeps_something, work_counts
from royalties.queries.statements import Entry, entries, totals
from royalties.querysets.income import PersonShareQuerySet, keepers
from royalties.views.invoices import PER_PAGE
from royalties.views.receipts import holder_of


def _period(request: SignedInRequest) -> PeriodForm:
    """This year, where nothing is said."""
    if "start" in request.GET or "end" in request.GET:
        return PeriodForm(request.GET)
    today = timezone.localdate()
    return PeriodForm({"start": today.replace(month=1, day=1), "end": today})


def _of_holder(request: SignedInRequest) -> PersonShareQuerySet:
    holder_of(request)
    return PersonShare.objects.filter(payee__holder__in=keepers(request.user))


def _all_lines(request: SignedInRequest, shares: PersonShareQuerySet) -> list[Entry]:
    """For a file, in which nobody would see that lines are missing. Raises `DomainError` where they are too many."""
    lines = entries(shares.for_list(), **_period(request).period, most=CEILING)
    if len(lines) > CEILING:
        text = _("These are more than %(most)s lines. Choose a shorter period.") % {"most": f"{CEILING:,}"}
        raise DomainError(text)
    return lines


@require_safe
def statements(request: SignedInRequest) -> HttpResponse:
    """Sums per person of a period, for the payroll."""
    form = _period(request)
    shares = _of_holder(request)
    found = totals(shares, **form.period) if form.is_valid() else []
    context = {
        "form": form,
        "totals": found,
        "sum_won": sum(total.total_won for total in found),
        "query": without_empty(request.GET).urlencode(),
        **work_counts(request.user),
    }
    return render(request, "royalties/income/statements.html", context, status=422 if form.errors else 200)


@require_safe
def payroll_export(request: SignedInRequest) -> HttpResponseBase:
    """The sums as shown, or with `lines=true` every line of them."""
    shares = _of_holder(request)
    if request.GET.get("lines") == "true":
        return download(request, "royalty-statements", _("Statements"), statement_cells(_all_lines(request, shares)))
    return download(request, "royalty-payroll", _("Payroll"), payroll_cells(totals(shares, **_period(request).period)))


def _statement(request: SignedInRequest, shares: Any, context: dict[str, Any]) -> HttpResponse:
    form = _period(request)
    lines = entries(shares, **form.period, most=CEILING) if form.is_valid() else []
    context |= {
        "form": form,
        "lines": lines[:CEILING],
        "are_more": len(lines) > CEILING,
        "sum_won": sum(total.total_won for total in totals(shares, **form.period)) if lines else 0,
        "query": without_empty(request.GET).urlencode(),
        "printed_at": timezone.now(),
    }
    return render(request, "royalties/income/statement.html", context, status=422 if form.errors else 200)


def _payee(request: SignedInRequest, public_id: UUID) -> Payee:
    rows = Payee.objects.visible_to(request.user).select_related("holder")
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def statement(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One person's lines, for the holder's office and for the person."""
    payee = _payee(request, public_id)
    shares = PersonShare.objects.visible_to(request.user).filter(payee=payee).for_list()
    return _statement(request, shares, {"payee": payee, "is_own": payee.email == request.user.email})


@require_safe
def statement_export(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    payee = _payee(request, public_id)
    shares = PersonShare.objects.visible_to(request.user).filter(payee=payee)
    return download(request, "royalty-statement", _("Statement"), statement_cells(_all_lines(request, shares)))


@require_safe
def my_statement(request: SignedInRequest) -> HttpResponse:
    """One's own lines, of all holders."""
    shares = PersonShare.objects.of_oneself(request.user).for_list()
    ids = shares.order_by("-pk").values_list("public_id", flat=True)[:CEILING]
    mark_targets_read(target_ids=ids, by=request.user, at=timezone.now())
    return _statement(request, shares, {"payee": None, "is_own": True})


@require_safe
def my_statement_export(request: SignedInRequest) -> HttpResponseBase:
    shares = PersonShare.objects.of_oneself(request.user)
    return download(request, "royalty-statement", _("Statement"), statement_cells(_all_lines(request, shares)))


def _fees(request: SignedInRequest) -> FeeFilter:
    user = request.user
    may = keeps_something(user) or any(
        organizations_with(user, permission) for permission in (Permission.QUOTE_FEES, Permission.REPORT_SALES)
    )
    if not may:
        raise NotAllowed(_("Only holders, firms and brokers see fees on royalty."))
    return FeeFilter(request.GET, FeeShare.objects.visible_to(user), request=request)


@require_safe
def fees(request: SignedInRequest) -> HttpResponse:
    """Brokers' fees as royalty came in: a broker sees its own, holder and firm what they owe."""
    found = _fees(request)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "query": without_empty(request.GET).urlencode(),
        "is_broker": bool(organizations_with(request.user, Permission.QUOTE_FEES)),
        **work_counts(request.user),
    }
    return render(request, "royalties/income/fees.html", context)


@require_safe
def fee_export(request: SignedInRequest) -> HttpResponseBase:
    rows = _fees(request).qs.for_list()[: CEILING + 1]
    return download(request, "royalty-fees", _("Brokers’ fees"), fee_cells(rows), most=CEILING)
