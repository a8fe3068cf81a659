"""Dues: the list of all contracts, and the page of one with what can be done about it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from deals.terms import Terms
from marketplace.core.asking import do
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, with_parameter, without, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from royalties.enums.calendar import REACHED_KINDS, DueKind, DueState, ReachedState
from royalties.exports.calendar import due_cells
from royalties.filters.calendar import DueFilter, DueTab
from royalties.forms.calendar import DecideReachedForm, ExtendForm, ReachedForm, WaiveForm
from royalties.models import Due, ReachedReport
from royalties.services.calendar.late import accrued
from royalties.services.calendar.reach import confirm_reached, extend_start, refuse_reached, report_reached
from royalties.services.calendar.waive import waive
from royalties.views.asked import require, visible_due, visible_reached

PER_PAGE = 20
NARROWING = ("q", "kind", "contract", "due_from", "due_to")


def _found(request: SignedInRequest) -> DueFilter:
    """Of the current organization's contracts, which the user is a member of."""
    rows = Due.objects.for_list().select_related("version")
    rows = rows.of(request.organization) if request.organization else rows.none()
    return DueFilter(request.GET, rows, request=request)


@require_safe
def due_list(request: SignedInRequest) -> HttpResponse:
    """What is due under the organization's contracts, by its day."""
    found, today = _found(request), timezone.localdate()
    page = BoundedPaginator(found.qs, PER_PAGE).get_page(request.GET.get("page"))
    current = request.GET.get("tab", "")
    tabs = [(without(request.GET, "tab"), _("All"), not current)]
    tabs += [
        (with_parameter(request.GET, "tab", value), str(label), current == value) for value, label in DueTab.choices
    ]
    context = {
        "filter": found,
        "page": page,
        "rows": [(due, due.name) for due in page],
        "tabs": tabs,
        "kinds": [(k.value, k.label, None, k in request.GET.getlist("kind")) for k in DueKind],
        "narrowed_by": sum(bool(value) for name in NARROWING for value in request.GET.getlist(name)),
        "is_narrowed": any(request.GET.get(name) for name in (*NARROWING, "tab")),
        "query": without_empty(request.GET).urlencode(),
        "today": today,
    }
    return render_part(
        request, page="royalties/calendar/dues.html", part="royalties/calendar/partials/_dues.html", context=context
    )


@require_safe
def due_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list as shown, as CSV: the same filter and order, at most 10,000."""
    today = timezone.localdate()
    return csv_response(f"dues-{today:%Y%m%d}.csv", due_cells(_found(request).qs[: CEILING + 1], today), most=CEILING)


@require_safe
def due_page(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _show(request, visible_due(request, public_id))


def _show(request: SignedInRequest, due: Due, **forms_: forms.Form) -> HttpResponse:
    user, contract, today = request.user, due.contract, timezone.localdate()
    reports = list(due.reached_reports.select_related("reported_by", "decided_by").order_by("-pk"))
    standing = next((each for each in reports if each.state != ReachedState.REFUSED), None)
    may_report, may_check = user.has_perm("royalties.report", contract), user.has_perm("royalties.check", contract)
    can_be_reached = due.kind in REACHED_KINDS and due.is_open and standing is None
    context = {
        "due": due,
        "name": due.name,
        "contract": contract,
        "today": today,
        "is_overdue": due.is_overdue_on(today),
        "late": accrued(due, today) if due.is_money and due.is_overdue_on(today) and due.open_won else None,
        "charges": due.late_charges.order_by("pk"),
        "reports": reports,
        "waiting": standing if may_check and _waits(due, standing) else None,
        "may_reach": can_be_reached and may_report,
        "may_extend": may_report and _can_be_extended(due, standing),
        "may_waive": _can_be_waived(due) and user.has_perm("royalties.waive", contract),
        "may_report": may_report,
        "may_ask": may_check and due.state == DueState.EXPECTED and due.is_owed and bool(due.amount_won),
        "invoice": due.invoices.exclude(state="cancelled").first() if may_check or may_report else None,
        "reached_form": forms_.get("reached") or ReachedForm(initial={"reached_on": today}),
        "decide_form": forms_.get("decide") or DecideReachedForm(),
        "extend_form": forms_.get("extend") or ExtendForm(),
        "waive_form": forms_.get("waive") or WaiveForm(initial={"seen_won": _still_open(due)}),
        "rest_won": due.open_won if due.paid_won else None,
    }  # fmt: skip
    status = 422 if any(form.errors for form in forms_.values()) else 200
    return render(request, "royalties/calendar/due.html", context, status=status)


def _waits(due: Due, report: ReachedReport | None) -> bool:
    return report is not None and report.state == ReachedState.REPORTED and due.is_open


def _can_be_waived(due: Due) -> bool:
    """What was asked for only when a part of it is paid; else its invoice is cancelled."""
    if due.is_money and due.amount_won is None:
        return False
    return due.state == DueState.EXPECTED or (due.state == DueState.INVOICED and due.paid_won > 0)


def _still_open(due: Due) -> int | None:
    return None if due.amount_won is None else due.amount_won - due.paid_won


def _can_be_extended(due: Due, standing: Any) -> bool:
    if due.kind != DueKind.START or not due.is_open or due.extended_at or standing or not due.contract.signed_on:
        return False
    return Terms.from_json(due.version.terms).swap_days(due.contract.signed_on)[1] >= timezone.localdate()


def _act(
    request: SignedInRequest, shown: Due, name: str, form: forms.Form, service: Any, thanks: str, **given: Any
) -> HttpResponse:
    if form.is_valid() and do(form, service, by=request.user, at=timezone.now(), **given, **form.cleaned_data):
        messages.success(request, thanks)
        return redirect("royalties:due", shown.public_id)
    return _show(request, shown, **{name: form})


@require_POST
def due_waive(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    due = visible_due(request, public_id)
    require(request, "royalties.waive", due.contract)
    return _act(request, due, "waive", WaiveForm(request.POST), waive, _("It is not owed any more."), due=due)


@require_POST
def due_reached(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    due = visible_due(request, public_id)
    require(request, "royalties.report", due.contract)
    form = ReachedForm(request.POST)
    return _act(request, due, "reached", form, report_reached, _("Reported. The holder confirms it."), due=due)


@require_POST
def due_extend(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    due = visible_due(request, public_id)
    require(request, "royalties.report", due.contract)
    form = ExtendForm(request.POST)
    return _act(request, due, "extend", form, extend_start, _("The holder reads why it takes longer."), due=due)


@require_POST
def reached_confirm(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _decide(request, public_id, confirm_reached, _("Confirmed."))


@require_POST
def reached_refuse(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _decide(request, public_id, refuse_reached, _("Not confirmed. The firm reads why."))


def _decide(request: SignedInRequest, public_id: UUID, service: Any, thanks: str) -> HttpResponse:
    report = visible_reached(request, public_id)
    require(request, "royalties.check", report.due.contract)
    due = visible_due(request, report.due.public_id)
    return _act(request, due, "decide", DecideReachedForm(request.POST), service, thanks, report=report)
