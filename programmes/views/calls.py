"""Calls for everybody: what is open, coming and over, one call, and deadlines as a calendar."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from marketplace.core.exports import csv_response
from marketplace.core.pagination import BoundedPaginator
from programmes.enums.calls import CallState
from programmes.exports.calls import call_cells, deadlines
from programmes.filters.calls import CallFilter
from programmes.models import Call, CallVersion
from programmes.queries.calls import outcome_of
from programmes.scheme import PaperStage
from programmes.scheme.checks import CLOCKS, clock_label
from programmes.wording.calls import EXAMPLE_WON, bands_of, conditions_of, phase, phase_label, unused_words, when

PER_PAGE, MOST_ROWS = 25, 1_000


def _asked(request: SignedInRequest) -> CallFilter:
    """The filter over what was published. Drafts stand on the officers' page; rehearsals there as well."""
    rows = Call.objects.visible_to(request.user).published()
    return CallFilter(request.GET or None, queryset=rows.for_list())


@login_not_required
@require_safe
def calls(request: SignedInRequest) -> HttpResponse:
    found, at = _asked(request), timezone.now()
    page = BoundedPaginator(found.qs, PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {"call": call, "phase": phase(call, at), "label": phase_label(call, at), "when": when(call, at)}
        for call in page
    ]
    context = {"filter": found, "page": page, "rows": rows, "asked": bool(request.GET)}
    return render(request, "programmes/calls/list.html", context)


@login_not_required
@require_safe
def calls_export(request: SignedInRequest) -> StreamingHttpResponse:
    return csv_response("calls", call_cells(_asked(request).qs[: MOST_ROWS + 1], timezone.now()), most=MOST_ROWS)


@login_not_required
@require_safe
def calls_calendar(request: SignedInRequest) -> HttpResponse:
    """Deadlines of what is open or coming, for a calendar program."""
    at = timezone.now()
    rows = _asked(request).qs.filter(state=CallState.PUBLISHED, closes_at__gt=at)[:MOST_ROWS]
    given = [(call, request.build_absolute_uri(reverse("programmes:call", args=[call.public_id]))) for call in rows]
    answer = HttpResponse(deadlines(given, at), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="calls.ics"'
    return answer


@login_not_required
@require_safe
def call(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    rows = Call.objects.visible_to(request.user).select_related("office", "current__call")
    found = get_object_or_404(rows, public_id=public_id)
    version = found.current or found.versions.select_related("call").order_by("-serial").first()
    versions = found.versions.exclude(published_at=None).order_by("-serial")
    context = {"outcome": outcome_of(found), "published": versions, **shown(found, version)}
    return render(request, "programmes/calls/detail.html", context)


def shown(found: Call, version: CallVersion | None) -> dict[str, Any]:
    """What the page of a call shows of a version: the same for applicants and for the officers' preview."""
    if version is None:
        return {"call": found, "scheme": None}
    scheme, at = version.scheme, timezone.now()
    return {
        "call": found, "version": version, "scheme": scheme, "when": when(found, at), "phase": phase(found, at),
        "phase_label": phase_label(found, at), "bands": bands_of(scheme), "example_won": EXAMPLE_WON,
        "conditions": conditions_of(scheme),
        "application_papers": [paper for paper in scheme.papers if paper.stage == PaperStage.APPLICATION],
        "claim_papers": [paper for paper in scheme.papers if paper.stage == PaperStage.CLAIM],
        "unused": unused_words(scheme.unused_bp, scheme.barred_years),
        "clocks": [(clock_label(name), getattr(scheme.days, name)) for name in CLOCKS],
    }  # fmt: skip
