"""The guideline for everybody: what is in force, every version, and a calculator."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from brokers import fees
from brokers.exports.fees import calculation_cells, tier_cells
from brokers.forms.fees import CalculatorForm, ReasonForm
from brokers.models import FeeSchedule
from brokers.queries.fees import OtherVersion, history_of_schedule, other_versions, schedule_to_compute_with
from brokers.wording.fees import differences, facts, tier_rows
from marketplace.core.asking import do
from marketplace.core.exports import csv_response
from marketplace.core.pages import without_empty


@login_not_required
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    today = timezone.localdate()
    in_force = FeeSchedule.objects.in_force_on(today).with_tiers().first()
    versions = FeeSchedule.objects.visible_to(request.user).exclude(published_at=None).for_list()
    context = {
        "in_force": in_force,
        "tiers": tier_rows(in_force.plan) if in_force else [],
        "facts": facts(in_force) if in_force else [],
        "guidelines": [each for each in versions if each.use == "guideline"],
        "tables": [each for each in versions if each.use == "comparison"],
        "today": today,
        "form": CalculatorForm(initial=_chosen(schedule_to_compute_with(today))),
    }
    return render(request, "brokers/fees/index.html", context)


def _chosen(schedule: FeeSchedule | None) -> dict[str, Any]:
    return {"schedule": schedule.public_id if schedule else None}


def visible(request: HttpRequest, public_id: UUID) -> FeeSchedule:
    rows = FeeSchedule.objects.visible_to(request.user).with_tiers().select_related("published_by", "withdrawn_by")
    return get_object_or_404(rows, public_id=public_id)


@login_not_required
@require_safe
def schedule(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return show_schedule(request, visible(request, public_id))


def show_schedule(
    request: SignedInRequest, found: FeeSchedule, *, reason: ReasonForm | None = None, refused: Any = None
) -> HttpResponse:
    today = timezone.localdate()
    in_force = FeeSchedule.objects.in_force_on(today).with_tiers().first()
    governs = request.user.has_perm("brokers.govern_fees")
    writers = set(found.writings.values_list("written_by", flat=True)) if governs and found.is_draft else set()
    comes_with_us = bool(found.reference) and found.published_at is not None
    context = {
        "schedule": found,
        "tiers": tier_rows(found.plan),
        "facts": facts(found),
        "history": history_of_schedule(found, request.user),
        "is_in_force": in_force is not None and in_force.pk == found.pk,
        "is_ahead": found.state == "published" and found.valid_from is not None and found.valid_from > today,
        "can_compute": found.state in {"published", "superseded"},
        "form": CalculatorForm(initial=_chosen(found)),
        "governs": governs,
        "is_writer": request.user.pk in writers,
        "nobody_wrote": not writers,
        "in_force": in_force,
        "differences": differences(in_force, found) if governs and in_force and found.is_draft else [],
        "may_withdraw": governs and found.state in {"draft", "published"} and not comes_with_us,
        "reason_form": reason or ReasonForm(),
        "refused": refused,
    }
    status = 422 if (reason and reason.errors) or refused else 200
    return render(request, "brokers/fees/schedule.html", context, status=status)


@login_not_required
@require_safe
def tiers_export(request: SignedInRequest, public_id: UUID) -> StreamingHttpResponse:
    """The table of one version as CSV."""
    found = visible(request, public_id)
    day = f"{found.valid_from:%Y%m%d}" if found.valid_from else found.reference or "draft"
    return csv_response(f"fee-schedule-{day}.csv", tier_cells(found))


def _calculated(form: CalculatorForm) -> tuple[FeeSchedule, fees.Calculation, list[OtherVersion]] | None:
    """What the form asks for; None where it cannot be read, and the form says why."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    chosen: FeeSchedule = given["schedule"]
    made = do(
        form,
        fees.quote,
        plan=chosen.plan,
        value_won=given["value_won"],
        fee_won=given["fee_won"],
        brokers=form.shares,
    )
    return (chosen, made, other_versions(chosen, made)) if made else None


def _asked(request: HttpRequest) -> bool:
    return any(name in request.GET for name in ("value_won", "fee_won", "brokers"))


@login_not_required
@require_safe
def calculator(request: SignedInRequest) -> HttpResponse:
    """The address holds the calculation: it can be sent on, kept and printed. Nothing is stored."""
    default = schedule_to_compute_with(timezone.localdate())
    if not _asked(request):
        wanted = request.GET.get("schedule") or (default.public_id if default else None)
        form = CalculatorForm(initial={"schedule": wanted})
        return render(request, "brokers/fees/calculator.html", {"form": form, "has_versions": default is not None})
    asked = request.GET.copy()
    if not asked.get("schedule") and default:
        asked["schedule"] = str(default.public_id)
    form = CalculatorForm(asked)
    found = _calculated(form)
    context: dict[str, Any] = {"form": form, "has_versions": default is not None}
    if found:
        chosen, made, others = found
        context |= {
            "schedule": chosen,
            "made": made,
            "others": others,
            "named_fee": form.cleaned_data["fee_won"] is not None,
            "query": without_empty(asked).urlencode(),
            "now": timezone.now(),
            "may_quote": request.user.has_perm("brokers.add_quote"),
            "is_in_force": default is not None and default.pk == chosen.pk and chosen.use == "guideline",
        }
    return render(request, "brokers/fees/calculator.html", context, status=200 if found else 422)


@login_not_required
@require_safe
def calculator_export(request: SignedInRequest) -> HttpResponse | StreamingHttpResponse:
    """The calculation of the same address as CSV; what cannot be computed is told on the page."""
    found = _calculated(CalculatorForm(request.GET))
    if not found:
        return calculator(request)
    name = f"brokerage-fee-{found[1].value_won}.csv"
    return csv_response(name, _titled(calculation_cells(*found)))


def _titled(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield from rows
    yield []
    yield [_("An estimate by a published version. What binds is the quote that the client accepts.")]
