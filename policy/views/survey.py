"""The yearly survey as an institute sees it: years, its figures of one, what became of them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.models import Organization
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile
from notifications.services.read import mark_target_read
from policy.enums.survey import SheetState
from policy.forms.survey import ReasonForm, ReturnForm, SheetForm
from policy.models import SurveyRound, SurveySheet
from policy.queries.survey import (
    OwnRecords,
    answers_of,
    as_read_by,
    before,
    counted_beside,
    counted_years,
    figures_of,
    jumps_of,
    merged_answers,
    newest_sheets,
    own_records,
    with_sent,
)
from policy.scheme.survey import FIGURES, Figures, jumps
from policy.services.survey.decide import accept_sheet, return_sheet
from policy.services.survey.submit import jump_words, submit_sheet
from policy.services.survey.withdraw import may_be_given_up, withdraw_sheet
from policy.services.survey.write import correct_answer, save_sheet
from policy.views.asked import own_institute, retyped, revision_posted

YEARS_SHOWN = 20


@require_safe
def survey(request: SignedInRequest) -> HttpResponse:
    """The years that are or were asked about, and where one's institute stands. Officers are led to their list."""
    if request.user.has_perm("policy.govern") and not request.user.has_perm("policy.read_survey", request.organization):
        return redirect("policy:survey_office")
    here = own_institute(request)
    rounds = list(SurveyRound.objects.newest_first()[:YEARS_SHOWN])
    sheets = SurveySheet.objects.standing().filter(institute=here, round__in=rounds).order_by("version")
    by_round, by_year = {each.round_id: each for each in sheets}, counted_years(here)
    context = {
        "institute": here,
        "rows": [{"round": each, "sheet": by_round.get(each.pk), "answer": by_year.get(each.year)} for each in rounds],
        "may_answer": request.user.has_perm("policy.answer_survey", here),
        "today": timezone.localdate(),
    }
    return render(request, "policy/survey/years.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def survey_year(request: SignedInRequest, year: int) -> HttpResponse:
    """One's figures of a year: a form while they can be written, else what was said."""
    here = own_institute(request)
    round = get_object_or_404(SurveyRound, year=year)
    newest = newest_sheets(round, [here.pk]).get(here.pk)
    may_answer = request.user.has_perm("policy.answer_survey", here)
    if newest and (not newest.is_writable or not may_answer):
        return redirect("policy:survey_sheet", newest.public_id)
    if not may_answer:
        raise PermissionDenied
    form = SheetForm(posted(request), initial=_initial(newest))
    if request.method == "POST" and form.is_valid():
        try:
            if saved := _saved(request, form, here, round):
                return saved
        except ChangedMeanwhile as error:
            return _form_page(request, form, here, round, changed=str(error))
    return _form_page(request, form, here, round)


def _initial(newest: SurveySheet | None) -> dict[str, Any]:
    if newest is None:
        return {"revision": 0}
    reasons = {f"reason_{name}": newest.reasons.get(name, "") for name in FIGURES}
    return {name: getattr(newest, name) for name in (*FIGURES, "revision")} | reasons


def _saved(request: SignedInRequest, form: SheetForm, here: Organization, round: SurveyRound) -> HttpResponse | None:
    """Saved, and submitted where that was asked; None where the form says what is wrong."""
    at, seen = timezone.now(), form.cleaned_data["revision"] or 0
    given = {"figures": form.figures, "reasons": form.reasons, "seen": seen}
    saved = do(form, save_sheet, institute=here, round=round, **given, by=request.user, at=at)
    if saved is None:
        return None
    if request.POST.get("do") != "submit":
        messages.success(request, _("Saved. Nothing was sent yet."))
        return redirect("policy:survey_year", round.year)
    # What is written is kept where it cannot be sent yet, and the form knows the new revision.
    retyped(form, saved.revision)
    if do(form, submit_sheet, sheet=saved, revision=saved.revision, by=request.user, at=at) is None:
        return None
    messages.success(request, _("Sent. You are told when an officer has looked through it."))
    return redirect("policy:survey_sheet", saved.public_id)


def _form_page(
    request: SignedInRequest, form: SheetForm, here: Organization, round: SurveyRound, *, changed: str = ""
) -> HttpResponse:
    newest = newest_sheets(round, [here.pk]).get(here.pk)
    last = before(here, round.year)
    large = {jump.figure: jump_words(jump) for jump in _typed_jumps(form, newest, last, here, round)}
    if changed:
        retyped(form, newest.revision if newest else 0)
    context = {
        "institute": here,
        "round": round,
        "sheet": newest,
        "may_withdraw": newest is not None and may_be_given_up(newest),
        "form": form,
        "reasons": form.explained(set(large)),
        "large": list(large.values()),
        "merged": merged_answers(here, round.year),
        "compared": compared(figures_of(newest), last, own_records([here.pk], round.year)[here.pk]),
        "changed": changed,
        "newest": newest if changed else None,
        "today": timezone.localdate(),
    }
    status = 409 if changed else 422 if form.errors else 200
    return render(request, "policy/survey/form.html", context, status=status)


def _typed_jumps(
    form: SheetForm, sheet: SurveySheet | None, last: Figures | None, here: Organization, round: SurveyRound
) -> list[Any]:
    """Of what was typed, or of what was saved."""
    if form.is_bound:
        form.is_valid()
        typed = {name: form.cleaned_data.get(name) for name in FIGURES}
        if None in typed.values():
            return []
        together = Figures(**typed) + counted_beside(round.year, [here.pk]).get(here.pk)  # type: ignore[arg-type]
        return list(jumps(together, last, round.limits))
    return jumps_of(sheet) if sheet else []


def compared(now: Figures | None, last: Any, own: OwnRecords) -> list[dict[str, Any]]:
    """Each figure with last year's and with what the platform knows beside it, for one table."""
    beside = {"new_technologies": ("registered", own.registered)}
    return [
        {
            "figure": name,
            "label": SheetForm.base_fields[name].label,
            "now": getattr(now, name) if now else None,
            "last": getattr(last, name) if last else None,
            "is_won": name.endswith("_won"),
            "beside": beside.get(name, ("", None))[1],
        }
        for name in FIGURES
    ] + [
        {"figure": "transfers", "label": _("Transfers"), "now": None, "last": None, "beside": own.transfers},
        {
            "figure": "receipts_won", "label": _("Royalty received"), "now": None, "last": None, "is_won": True,
            "beside": own.receipts_won,
        },
    ]  # fmt: skip


@require_POST
def survey_correct(request: SignedInRequest, year: int) -> HttpResponse:
    """Begin a correction of what was accepted."""
    here = own_institute(request)
    round = get_object_or_404(SurveyRound, year=year)
    if not request.user.has_perm("policy.answer_survey", here):
        raise PermissionDenied
    form = ReasonForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        at = timezone.now()
        if do(form, correct_answer, institute=here, round=round, reason=reason, by=request.user, at=at):
            messages.success(request, _("Change the figures and send them. Until they are accepted the old ones hold."))
            return redirect("policy:survey_year", year)
    newest = newest_sheets(round, [here.pk]).get(here.pk)
    if newest is None:
        return redirect("policy:survey_year", year)
    return sheet_page(request, _visible(request, newest.public_id), correct=form)


def _visible(request: SignedInRequest, public_id: UUID) -> SurveySheet:
    rows = with_sent(SurveySheet.objects.visible_to(request.user).for_page())
    return as_read_by(request.user, get_object_or_404(rows, public_id=public_id))


@require_safe
def survey_sheet(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What an institute said of a year, beside last year and the platform's own records, with what became of it."""
    found = _visible(request, public_id)
    mark_target_read(target_id=found.public_id, by=request.user, at=timezone.now())
    return sheet_page(request, found)


def sheet_page(
    request: SignedInRequest, found: SurveySheet, *, correct: ReasonForm | None = None, back: ReturnForm | None = None
) -> HttpResponse:
    user, year = request.user, found.round.year
    last = before(found.institute, year)
    own = own_records([found.institute_id], year)[found.institute_id]
    is_submitted = found.state == SheetState.SUBMITTED
    is_newest = (
        not SurveySheet.objects.standing()
        .filter(institute=found.institute_id, round=found.round_id, version__gt=found.version)
        .exists()
    )
    answers = _is_here(request, found) and user.has_perm("policy.answer_survey", found.institute)
    context = {
        "sheet": found,
        "round": found.round,
        "compared": compared(figures_of(found), last, own),
        "merged": merged_answers(found.institute, year),
        "jumps": [{"words": jump_words(jump), "reason": found.reasons.get(jump.figure)} for jump in jumps_of(found)],
        "steps": found.steps.select_related("by").order_by("-pk"),
        "is_late": bool(found.submitted_at and timezone.localdate(found.submitted_at) > found.round.due_on),
        "may_decide": is_submitted and user.has_perm("policy.decide_sheet", found),
        "is_own": is_submitted and found.submitted_by_id == user.pk and user.has_perm("policy.govern"),
        "may_write": found.is_writable and answers,
        "may_withdraw": may_be_given_up(found) and answers,
        "may_correct": found.state == SheetState.ACCEPTED and is_newest and answers,
        "correct": correct or ReasonForm(),
        "back": back or ReturnForm(initial={"revision": found.revision}),
        "holds": answers_of(year, [found.institute_id]).get(found.institute_id),
        "is_officer": user.has_perm("policy.govern"),
    }  # fmt: skip
    errors = (correct and correct.errors) or (back and back.errors)
    return render(request, "policy/survey/sheet.html", context, status=422 if errors else 200)


def _is_here(request: SignedInRequest, found: SurveySheet) -> bool:
    """Whether the person works for that institute now: the address of its form knows no other one."""
    return request.organization is not None and request.organization.pk == found.institute_id


@require_POST
def survey_accept(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _visible(request, public_id)
    if not request.user.has_perm("policy.govern"):
        raise PermissionDenied
    accept_sheet(sheet=found, revision=revision_posted(request), by=request.user, at=timezone.now())
    messages.success(request, _("Accepted. The figures of the year are computed from it."))
    return redirect("policy:survey_sheet", found.public_id)


@require_POST
def survey_return(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _visible(request, public_id)
    if not request.user.has_perm("policy.govern"):
        raise PermissionDenied
    form = ReturnForm(request.POST)
    if form.is_valid():
        given = {"text": form.cleaned_data["text"], "revision": form.cleaned_data["revision"]}
        if do(form, return_sheet, sheet=found, **given, by=request.user, at=timezone.now()):
            messages.success(request, _("Returned. The institute is told what has to be changed."))
            return redirect("policy:survey_sheet", found.public_id)
    return sheet_page(request, found, back=form)


@require_POST
def survey_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Give up what was begun; back to the years, or for an officer to the list."""
    rows = SurveySheet.objects.may_be_given_up_by(request.user).select_related("round")
    found = get_object_or_404(rows, public_id=public_id)
    withdraw_sheet(sheet=found, revision=revision_posted(request), by=request.user, at=timezone.now())
    messages.success(request, _("Given up. Nothing was sent, and what was accepted before goes on counting."))
    if request.user.has_perm("policy.govern") and not _is_here(request, found):
        return redirect(f"{reverse('policy:survey_office')}?year={found.round.year}")
    return redirect("policy:survey")
