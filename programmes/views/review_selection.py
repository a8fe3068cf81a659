"""The ranking of a call and what it would be with another budget; a selection, who approved it, and publishing it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from marketplace.core.asking import do
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.exports import csv_response
from marketplace.core.ids import uuid7
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read
from programmes.enums.review import GIVEN_OUT, SelectionState
from programmes.exports.review import selection_cells
from programmes.forms import review as forms
from programmes.models import Application, Call, Selection
from programmes.queries.ranking import Line, ground_of, ranking_of
from programmes.queries.review import compared, lines_shown, own_lines, progress_of, stages_of
from programmes.queries.ties import tie_in
from programmes.scheme import Scheme
from programmes.services.review.approve import approve, require_may_decide, send_back, take_back
from programmes.services.review.propose import propose, unscored
from programmes.services.review.publish import publish, publish_again
from programmes.views.review_office import call_of, for_officers

PER_PAGE = 100


@require_safe
def selections(request: SignedInRequest, number: str) -> HttpResponse:
    return _ranking(request, call_of(request, number))


@require_POST
def selection_propose(request: SignedInRequest, number: str) -> HttpResponse:
    call = call_of(request, number)
    form = forms.ProposeForm(request.POST)
    if form.is_valid() and (made := do(form, propose, call=call, by=request.user, at=timezone.now(), **form.given)):
        messages.success(request, _("Proposed. Those who approve it are told."))
        return redirect("programmes:selection", made.public_id)
    return _ranking(request, call, form=form, status=422)


def _ranking(
    request: SignedInRequest, call: Call, *, form: forms.ProposeForm | None = None, status: int = 200
) -> HttpResponse:
    scheme = Scheme.from_json(call.current.content)  # type: ignore[union-attr]
    asked = forms.WhatIfForm(request.GET or None)
    ground = ground_of(call, scheme)
    changed = asked.is_valid() and any(value is not None for value in asked.cleaned_data.values())
    if changed:
        ground = replace(ground, **{name: value for name, value in asked.cleaned_data.items() if value is not None})
    lines = ranking_of(call, scheme, timezone.now(), ground)
    own = own_lines(call, request.user)
    page = BoundedPaginator([line for line in lines if line.candidate.pk not in own], PER_PAGE).get_page(
        request.GET.get("page")
    )
    least = max((stage.least for stage in scheme.stages if stage.kind == "panel"), default=0)
    context: dict[str, Any] = {
        "call": call,
        "tie": tie_in(call, request.user),
        "ground": ground,
        "asked": asked,
        "is_what_if": changed,
        "page": page,
        "shown": _with_names(page.object_list),
        "totals": _totals(lines),
        "selected_won": sum(line.candidate.government_won for line in lines if line.outcome == "selected"),
        "unscored": unscored(call, least),
        "least": least,
        "form": form or forms.ProposeForm(initial={"key": uuid7()}),
        "made": call.selections.select_related("proposed_by").order_by("-serial"),
        "has_open": call.selections.under_way().exists(),
        "criteria": scheme.criteria,
    }
    return render(request, "programmes/review/ranking.html", context, status=status)


def _with_names(lines: Any) -> list[dict[str, Any]]:
    """The lines of one page with their applications, in one question."""
    rows = Application.objects.filter(pk__in=[line.candidate.pk for line in lines]).select_related("organization")
    found = {each.pk: each for each in rows}
    return [{"line": line, "application": found[line.candidate.pk]} for line in lines if line.candidate.pk in found]


def _totals(lines: list[Line]) -> dict[str, int]:
    counted = {"selected": 0, "reserve": 0, "not_selected": 0}
    for line in lines:
        counted[str(line.outcome)] += 1
    return counted


def _visible(request: SignedInRequest, public_id: UUID) -> Selection:
    for_officers(request)
    rows = Selection.objects.visible_to(request.user).select_related(
        "call__office", "proposed_by", "published_by", "taken_back_by"
    )
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def selection(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _visible(request, public_id)
    mark_target_read(target_id=found.public_id, by=request.user, at=timezone.now())
    if request.htmx and not request.htmx.history_restore_request and found.state in GIVEN_OUT:
        context = {"selection": found, "progress": progress_of(found)} | _may(request, found)
        return render(request, "programmes/review/partials/_publishing.html", context)
    return _show(request, found)


def _may(request: SignedInRequest, found: Selection) -> dict[str, bool]:
    return {"may_publish": request.user.has_perm("programmes.publish_selection", found)}


def _show(
    request: SignedInRequest, found: Selection, *, opened: str = "", form: Any = None, status: int = 200
) -> HttpResponse:
    stages = stages_of(found)
    approved = sum(1 for stage in stages if stage["approval"] and stage["approval"].decision == "approved")
    is_open = found.state == SelectionState.PROPOSED
    why_not = ""
    if is_open and approved < len(stages):
        try:
            require_may_decide(found, request.user)
        except NotAllowed as refused:
            why_not = str(refused)
    initial = {"digest": found.digest}
    lines = lines_shown(found, request.user)
    totals = {
        outcome: found.lines.filter(outcome=outcome).count() for outcome in ("selected", "reserve", "not_selected")
    }
    context = {
        "selection": found,
        "progress": progress_of(found),
        "stages": stages,
        "is_open": is_open,
        "is_approved": approved == len(stages),
        "why_not": why_not,
        "approve_form": form if opened == "approve" else forms.ApproveForm(initial=initial, prefix="approve"),
        "back_form": form if opened == "send-back" else forms.SendBackForm(initial=initial, prefix="send-back"),
        "take_back_form": form if opened == "take-back" else forms.TakeBackForm(prefix="take-back"),
        "opened": opened,
        "page": BoundedPaginator(lines, PER_PAGE).get_page(request.GET.get("page")),
        "totals": totals,
        "selected_won": sum(found.lines.filter(outcome="selected").values_list("government_won", flat=True)),
        "compared": compared(found, request.user),
    } | _may(request, found)
    return render(request, "programmes/review/selection.html", context, status=status)


@require_safe
def selection_export(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    found = _visible(request, public_id)
    lines = lines_shown(found, request.user)
    return csv_response(
        f"{found.call.number}-selection-{found.serial}.csv", selection_cells(lines[: CEILING + 1]), most=CEILING
    )


WITHOUT_WORDS: dict[str, Any] = {"publish": publish, "go-on": publish_again}
ACTS: dict[str, tuple[Any, Any]] = {
    "approve": (forms.ApproveForm, approve),
    "send-back": (forms.SendBackForm, send_back),
    "take-back": (forms.TakeBackForm, take_back),
}
DONE = {
    "approve": gettext_lazy("Approved."),
    "send-back": gettext_lazy("Sent back."),
    "take-back": gettext_lazy("Taken back. Another selection can be proposed."),
}


@require_POST
def selection_act(request: SignedInRequest, public_id: UUID, act: str) -> HttpResponse:
    found = _visible(request, public_id)
    if act in WITHOUT_WORDS:
        try:
            WITHOUT_WORDS[act](selection=found, by=request.user, at=timezone.now())
        except DomainError as error:
            if error.status == 403:
                raise
            messages.error(request, str(error))
        else:
            messages.success(request, _("It is being published. You may close this page."))
        return redirect("programmes:selection", public_id)
    if act not in ACTS:
        raise Http404
    form_class, service = ACTS[act]
    form = form_class(request.POST, prefix=act)
    if form.is_valid() and do(form, service, selection=found, by=request.user, at=timezone.now(), **form.given):
        messages.success(request, DONE[act])
        return redirect("programmes:selection", public_id)
    return _show(request, found, opened=act, form=form, status=422)
