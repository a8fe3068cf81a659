"""The officer's desk, and the provider's page."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Organization
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.errors import NotAllowed
from marketplace.core.exports import csv_response, xlsx_response
from vouchers.exports.desk import money_cells, queue_cells
from vouchers.queries.desk import chart_of, lines_for, money_of, use_over_time
from vouchers.queries.provider import claims_due, claims_to_mend, orders_to_answer, quotations_to_give
from vouchers.queries.provider import money_of as provider_money
from vouchers.queries.queue import EACH, is_cut, queue
from vouchers.queries.risks import flags
from vouchers.queries.risks import rules as risk_rules

MOST_LINES = 50


def require_desk(request: SignedInRequest) -> None:
    if not organizations_with(request.user, Permission.RUN_VOUCHERS):
        raise NotAllowed(_("Only officers who run vouchers can do this."))


@require_safe
def desk(request: SignedInRequest) -> HttpResponse:
    """What waits by its day, where the money is, what to look at. As many questions however much there is."""
    require_desk(request)
    lines = list(lines_for(request.user)[:MOST_LINES])
    months = use_over_time(lines)
    tasks = queue(request.user, timezone.localdate())
    context = {
        "tasks": tasks,
        "each": EACH,
        "is_cut": is_cut(tasks),
        "lines": lines,
        "money": money_of(lines),
        "months": months,
        "chart": chart_of(months),
        "flags": flags([line.pk for line in lines]),
        "risk_rules": risk_rules(),
    }
    return render(request, "vouchers/desk/desk.html", context)


@require_safe
def desk_export(request: SignedInRequest) -> HttpResponseBase:
    """`what=money`: the calls as shown, otherwise the queue as shown."""
    require_desk(request)
    if request.GET.get("what") == "money":
        name, title, rows = (
            "voucher-money",
            pgettext("voucher", "Money"),
            list(money_cells(lines_for(request.user)[:MOST_LINES])),
        )
    else:
        name, title, rows = "desk", _("What waits"), list(queue_cells(queue(request.user, timezone.localdate())))
    name = f"{name}-{timezone.localdate():%Y%m%d}"
    if request.GET.get("format") == "xlsx":
        return xlsx_response(f"{name}.xlsx", title, rows)
    return csv_response(f"{name}.csv", rows)


def provider_of(request: SignedInRequest) -> Organization:
    """The organization that provides services: the current one, or else the first. Raises `NotAllowed`."""
    if has_permission(request.user, Permission.PROVIDE_SERVICES, request.organization):
        assert request.organization is not None  # has_permission says so
        return request.organization
    for each in organizations_with(request.user, Permission.PROVIDE_SERVICES):
        return each
    raise NotAllowed(_("Only members of providers who may do this can do it."))


@require_safe
def provider(request: SignedInRequest) -> HttpResponse:
    """Money due and paid, and what waits on the provider."""
    organization = provider_of(request)
    context = {
        "organization": organization,
        "money": provider_money(organization, timezone.localdate()),
        "quotations": quotations_to_give(organization),
        "orders": orders_to_answer(organization),
        "claims": claims_to_mend(organization),
        "due": claims_due(organization),
    }
    return render(request, "vouchers/desk/provider.html", context)
