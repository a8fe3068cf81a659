"""The yearly survey as officers see it: who answered and who is missing, the years, answers in files."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import MergeState, OrganizationKind
from accounts.http import SignedInRequest, posted
from accounts.models import Organization
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile
from marketplace.core.exports import csv_response, download
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import BoundedPaginator
from policy.enums.survey import Standing, SurveyFileState
from policy.exports.survey import place_cells, refused_cells, template_cells
from policy.filters.survey import PlacesForm
from policy.forms.survey import FileForm, RoundForm
from policy.models import SurveyFile, SurveyRound
from policy.queries.survey import Place, counted, narrowed, own_records, places
from policy.services.survey.file import apply_survey_file, discard_survey_file, read_survey_file
from policy.services.survey.rounds import change_round, first_due_on, open_round
from policy.views.asked import PER_PAGE, for_officers, retyped, year_asked
from tech_listings.ingest.problems import RowProblem

SHOWN_PROBLEMS = 50


def _round(request: SignedInRequest) -> tuple[list[int], SurveyRound | None]:
    """The years there are, the newest first, and the one that was asked for."""
    for_officers(request)
    rounds = {round.year: round for round in SurveyRound.objects.newest_first()}
    year = year_asked(request, list(rounds))
    return list(rounds), rounds[year] if year else None


@require_safe
def survey_office(request: SignedInRequest) -> HttpResponse:
    """Every institute with where it stands in a year."""
    years, round = _round(request)
    form = PlacesForm(request.GET)
    found = places(round) if round else []
    shown = narrowed(found, **form.asked)
    page = BoundedPaginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    records = own_records([place.institute.pk for place in page], round.year) if round else {}
    counts = counted(found)
    context = {
        "round": round,
        "years": years,
        "form": form,
        "page": page,
        "rows": [{"place": place, "own": records.get(place.institute.pk)} for place in page],
        "counts": [{"standing": each, "count": counts[str(each)]} for each in Standing],
        "all": len(found),
        "answered": sum(place.has_answered for place in found),
        "to_end": _to_end(found),
        "is_narrowed": any(form.asked.values()),
        "query": without_empty(request.GET).urlencode(),
        "today": timezone.localdate(),
    }
    return render_part(
        request, page="policy/survey/office.html", part="policy/survey/partials/_places.html", context=context
    )


def _to_end(found: list[Place]) -> list[Place]:
    """Whose answer holds up a merger that was proposed."""
    written = {place.institute.pk: place for place in found if place.sheet and place.sheet.is_writable}
    merging = Organization.objects.filter(pk__in=written, merges_from__state=MergeState.PROPOSED)
    keys = set(merging.values_list("pk", flat=True))
    return [place for pk, place in written.items() if pk in keys]


@require_safe
def survey_office_export(request: SignedInRequest) -> HttpResponseBase:
    """The list as it is shown."""
    _years, round = _round(request)
    if round is None:
        return redirect("policy:survey_office")
    shown = narrowed(places(round), **PlacesForm(request.GET).asked)
    records = own_records([place.institute.pk for place in shown], round.year)
    return download(request, f"survey-{round.year}", _("Survey"), place_cells(round, shown, records))


@require_http_methods(["GET", "HEAD", "POST"])
def survey_rounds(request: SignedInRequest) -> HttpResponse:
    """The years, and a form that opens one."""
    for_officers(request)
    today = timezone.localdate()
    start = {"year": today.year - 1, "due_on": first_due_on(today.year - 1, today)}
    form = RoundForm(posted(request), initial=start)
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("year", "due_on")}
        if do(form, open_round, **given, bounds=form.bounds, by=request.user, at=timezone.now()):
            messages.success(request, _("The survey is open, and institutes are told."))
            return redirect("policy:survey_rounds")
    context = {"form": form, "rounds": SurveyRound.objects.newest_first().select_related("opened_by")}
    return render(request, "policy/survey/rounds.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def survey_round(request: SignedInRequest, year: int) -> HttpResponse:
    """Another deadline or other bounds for a year."""
    for_officers(request)
    round = get_object_or_404(SurveyRound, year=year)
    start = {"due_on": round.due_on, "revision": round.revision}
    for name, bound in round.limits.items():
        start |= {f"share_{name}": bound.share_bp, f"least_{name}": bound.least}
    form, changed = RoundForm(posted(request), is_new=False, initial=start), ""
    if request.method == "POST" and form.is_valid():
        given = {"due_on": form.cleaned_data["due_on"], "revision": form.cleaned_data["revision"] or 0}
        try:
            if do(form, change_round, round=round, bounds=form.bounds, **given, by=request.user, at=timezone.now()):
                messages.success(request, _("Saved."))
                return redirect("policy:survey_rounds")
        except ChangedMeanwhile as error:
            changed = str(error)
            retyped(form, SurveyRound.objects.get(pk=round.pk).revision)
    context = {"form": form, "round": round, "changed": changed}
    return render(request, "policy/survey/round.html", context, status=409 if changed else 422 if form.errors else 200)


def _sender(request: SignedInRequest) -> Organization:
    here = request.organization
    if here is None or not request.user.has_perm("policy.bring_in_answers", here):
        raise PermissionDenied
    return here


@require_http_methods(["GET", "HEAD", "POST"])
def survey_files(request: SignedInRequest) -> HttpResponse:
    """Send a file of answers, and see those that were sent."""
    sender = _sender(request)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        given = {"sender": sender, "file": file, "name": file.name}
        read = do(form, read_survey_file, **given, by=request.user, at=timezone.now())
        if read:
            if not read[1]:
                messages.info(request, _("This file was sent before."))
            return redirect("policy:survey_file", read[0].public_id)
    rows = SurveyFile.objects.visible_to(request.user).filter(sender=sender).select_related("uploaded_by")
    context = {
        "form": form,
        "sender": sender,
        "is_office": sender.kind == OrganizationKind.GOVERNMENT,
        "page": BoundedPaginator(rows.order_by("-uploaded_at", "-pk"), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "policy/survey/files.html", context, status=422 if form.errors else 200)


@require_safe
def survey_template(request: SignedInRequest) -> HttpResponseBase:
    """A file to fill in."""
    names_institutes = _sender(request).kind == OrganizationKind.GOVERNMENT
    rows = template_cells(timezone.localdate().year - 1, names_institutes=names_institutes)
    return download(request, "survey-template", _("Survey"), rows)


def _visible(request: SignedInRequest, public_id: UUID) -> SurveyFile:
    rows = SurveyFile.objects.visible_to(request.user).select_related("sender", "uploaded_by", "closed_by")
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def survey_file(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What applying it would change, row by row; after that, what it was."""
    file = _visible(request, public_id)
    changes = [row["change"] for row in file.rows]
    context = {
        "file": file,
        "page": BoundedPaginator(file.rows, PER_PAGE).get_page(request.GET.get("page")),
        "new": changes.count("new"),
        "changed": changes.count("change"),
        "same": changes.count("same"),
        "refused": len({row["row"] for row in file.problems}),
        "problems": [RowProblem.from_json(found) for found in file.problems[:SHOWN_PROBLEMS]],
        "waits": file.state == SurveyFileState.READ,
        "may_apply": file.state == SurveyFileState.READ and any(change != "same" for change in changes),
    }
    return render(request, "policy/survey/file.html", context)


@require_safe
def survey_file_refused(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    """The rows that could not be taken, as CSV with the reasons."""
    file = _visible(request, public_id)
    return csv_response(f"refused-{timezone.localdate(file.uploaded_at):%Y%m%d}.csv", refused_cells(file))


@require_POST
def survey_file_apply(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    many = apply_survey_file(file=_visible(request, public_id), by=request.user, at=timezone.now())
    words = ngettext("%(count)d answer was sent to the office.", "%(count)d answers were sent to the office.", many)
    messages.success(request, words % {"count": many})
    return redirect("policy:survey_file", public_id)


@require_POST
def survey_file_discard(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    discard_survey_file(file=_visible(request, public_id), by=request.user, at=timezone.now())
    messages.success(request, _("The file was discarded. Nothing of it was written."))
    return redirect("policy:survey_files")
