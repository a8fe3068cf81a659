"""Half-yearly deal reports of agencies."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.models import Organization
from accounts.roles import Permission, organizations_with
from brokers.clocks import MISSED_REPORTS, half_year_of
from brokers.enums.mandates import DealOrigin
from brokers.exports.duties import report_cells
from brokers.forms.duties import CorrectForm, DealForm, SubmitForm
from brokers.models import BrokeredDeal, DealReport, Quote
from brokers.queries.duties import deals_of, fingerprint, half_name, recorded_later, suggested_quotes
from brokers.services.duties.record_deal import edit_deal, record_deal, remove_deal
from brokers.services.duties.report import correct_report, submit_report
from brokers.views.acting import allowed
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.exports import csv_response
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE, MOST_DEALS = 20, 200


@require_safe
def reports(request: SignedInRequest) -> HttpResponse:
    """Reports of one's agencies, of an officer those of all; and the deals of the running half-year so far."""
    today, half = timezone.localdate(), half_year_of(timezone.localdate())
    rows = DealReport.objects.visible_to(request.user).for_list()
    mine = organizations_with(request.user, Permission.REPORT_TO_OFFICE)
    running = BrokeredDeal.objects.filter(broker__in=mine).signed_between(half.first_on, half.last_on)
    context = {
        "page": BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "missed": DealReport.objects.of_own(request.user).missed_on(today).count(),
        "missed_reports": MISSED_REPORTS,
        "running": running.order_by("-signed_on", "-pk")[:MOST_DEALS],
        "half": half,
        "may_report": bool(mine),
        "today": today,
    }
    return render(request, "brokers/duties/reports.html", context)


def _visible(request: SignedInRequest, public_id: UUID) -> DealReport:
    return get_object_or_404(DealReport.objects.visible_to(request.user).for_list(), public_id=public_id)


@require_safe
def report(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _visible(request, public_id)
    mark_target_read(target_id=found.public_id, by=request.user, at=timezone.now())
    return _show(request, found)


def _show(
    request: SignedInRequest, found: DealReport, submit: SubmitForm | None = None, correct: CorrectForm | None = None
) -> HttpResponse:
    may = request.user.has_perm("brokers.submit_report", found)
    deals: list[Any] = list(deals_of(found) if found.is_due else found.lines.order_by("position"))
    revisions = DealReport.objects.filter(registration=found.registration, first_on=found.first_on)
    revisions = revisions.select_related("submitted_by", "opened_by").order_by("revision")
    is_newest = not any(row.revision > found.revision for row in revisions)
    context = {
        "report": found,
        "half_name": half_name(found),
        "deals": deals,
        "total_won": sum(deal.value_won for deal in deals),
        "suggestions": suggested_quotes(found)[:MOST_DEALS] if may and found.is_due else [],
        "revisions": revisions,
        "recorded_later": recorded_later(found) if may and is_newest else 0,
        "may_submit": may and found.is_due,
        "may_correct": may and not found.is_due and is_newest,
        "submit_form": submit or SubmitForm(initial={"seen": fingerprint(deals)}, auto_id="id_submit_%s")
        if found.is_due
        else None,
        "correct_form": correct or CorrectForm(auto_id="id_correct_%s"),
        "today": timezone.localdate(),
    }
    status = 422 if (submit and submit.errors) or (correct and correct.errors) else 200
    return render(request, "brokers/duties/report.html", context, status=status)


@require_safe
def report_export(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    found = _visible(request, public_id)
    deals = deals_of(found) if found.is_due else found.lines.order_by("position")
    name = f"deal-report-{found.registration.number}-{found.first_on.year}H{found.half}.csv"
    return csv_response(name, report_cells(found, deals))


@require_POST
def report_submit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _visible(request, public_id)
    allowed(request, "brokers.submit_report", found)
    form = SubmitForm(request.POST, auto_id="id_submit_%s")
    if form.is_valid():
        given = {"nothing": form.cleaned_data["nothing"], "seen": form.cleaned_data["seen"] or None}
        if do(form, submit_report, report=found, by=request.user, at=timezone.now(), **given):
            messages.success(request, _("The report was submitted. It stays as it is from now on."))
            return redirect("brokers:report", found.public_id)
    return _show(request, found, submit=form)


@require_POST
def report_correct(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _visible(request, public_id)
    allowed(request, "brokers.submit_report", found)
    form = CorrectForm(request.POST, auto_id="id_correct_%s")
    made = None
    if form.is_valid():
        made = do(form, correct_report, report=found, by=request.user, at=timezone.now(), **form.cleaned_data)
    if made:
        messages.success(request, _("A new revision is open: change its deals, then submit it."))
        return redirect("brokers:report", made.public_id)
    return _show(request, found, correct=form)


def _broker(request: SignedInRequest) -> Organization:
    found = organizations_with(request.user, Permission.REPORT_TO_OFFICE)
    if not found:
        raise NotAllowed(_("Only people of a broker who report to the office can do this."))
    return request.organization if request.organization in found else found[0]


def _back(request: SignedInRequest, deal_broker: Organization, day: Any) -> HttpResponse:
    """To the open report of that day's half-year, else to the list."""
    rows = DealReport.objects.of_own(request.user).due().filter(registration__organization=deal_broker)
    found = rows.filter(first_on=half_year_of(day).first_on).first()
    return redirect("brokers:report", found.public_id) if found else redirect("brokers:reports")


@require_http_methods(["GET", "HEAD", "POST"])
def deal_new(request: SignedInRequest) -> HttpResponse:
    """Enter a deal made elsewhere; `?quote=` fills in what an accepted fee tells."""
    broker = _broker(request)
    quote = Quote.objects.filter(broker=broker, number=request.GET.get("quote", "")).select_related("client").first()
    form = DealForm(posted(request), initial=DealForm.of_quote(quote) if quote else {})
    if request.method == "POST" and form.is_valid():
        given = {"broker": broker, "origin": DealOrigin.REPORTED, "by": request.user, "at": timezone.now()}
        deal = do(form, record_deal, **given, **form.cleaned_data)
        if deal:
            messages.success(request, _("The deal was entered."))
            return _back(request, broker, deal.signed_on)
    context = {"form": form, "deal": None, "broker": broker, "quote": quote}
    return render(request, "brokers/duties/deal_form.html", context, status=422 if form.errors else 200)


def _own_deal(request: SignedInRequest, public_id: UUID) -> BrokeredDeal:
    rows = BrokeredDeal.objects.visible_to(request.user).select_related("broker")
    deal = get_object_or_404(rows, public_id=public_id)
    if deal.broker not in organizations_with(request.user, Permission.REPORT_TO_OFFICE):
        raise PermissionDenied
    return deal


@require_http_methods(["GET", "HEAD", "POST"])
def deal_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    deal = _own_deal(request, public_id)
    form = DealForm(posted(request), initial=DealForm.of_deal(deal))
    if request.method == "POST" and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "reference"}
        changed = do(form, edit_deal, deal=deal, by=request.user, at=timezone.now(), **given)
        if changed:
            messages.success(request, _("The deal was changed."))
            return _back(request, deal.broker, changed.signed_on)
    context = {"form": form, "deal": deal, "broker": deal.broker, "quote": None}
    return render(request, "brokers/duties/deal_form.html", context, status=422 if form.errors else 200)


@require_POST
def deal_remove(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    deal = _own_deal(request, public_id)
    day = deal.signed_on
    remove_deal(deal=deal, by=request.user)
    messages.success(request, _("The deal was taken out."))
    return _back(request, deal.broker, day)
