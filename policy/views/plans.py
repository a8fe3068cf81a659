"""Plans: what they promise and how it stands, for everybody; written, published and kept up by officers."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile, DomainError
from marketplace.core.exports import download
from marketplace.core.ids import uuid7
from marketplace.core.pagination import BoundedPaginator
from policy.enums.plans import PlanState
from policy.exports.plans import plan_cells
from policy.forms.plans import (
    BeginForm,
    MeasureForm,
    PlanForm,
    ProgressForm,
    ReviseForm,
    TargetForm,
    in_words,
    typed_value,
)
from policy.models import Plan, PlanTarget, PlanVersion
from policy.queries.plans import counted_states, published_titles, shown_version, standings, taken_out, versions_of
from policy.querysets.survey import governs_survey
from policy.results.plans import named_figures, target_lines
from policy.services.plans.publish import enter_progress, publish_plan
from policy.services.plans.write import (
    begin_plan,
    discard_plan,
    drop_measure,
    drop_target,
    put_back_measure,
    put_measure,
    put_target,
    revise_plan,
    write_plan,
)
from policy.views.asked import PER_PAGE, for_officers, retyped, revision_posted


@login_not_required
@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """Every plan, the newest first."""
    page = BoundedPaginator(Plan.objects.visible_to(request.user).newest_first(), PER_PAGE).get_page(
        request.GET.get("page")
    )
    named = published_titles(list(page))
    context = {
        "page": page,
        "rows": [{"plan": plan, "version": named.get(plan.pk)} for plan in page],
        "governs": governs_survey(request.user),
    }
    return render(request, "policy/plans/list.html", context)


@login_not_required
@require_safe
def plan(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The version that holds, with how each measure stands."""
    return _plan_page(request, _plan(request, public_id))


def _plan(request: HttpRequest, public_id: UUID) -> Plan:
    return get_object_or_404(Plan.objects.visible_to(request.user), public_id=public_id)


def _plan_page(
    request: HttpRequest, found: Plan, *, progress: ProgressForm | None = None, revise: ReviseForm | None = None
) -> HttpResponse:
    version, governs = shown_version(found), governs_survey(request.user)
    stand = standings(version) if version else []
    draft = PlanVersion.objects.filter(plan=found, state=PlanState.DRAFT).first() if governs else None
    measures = [each.measure for each in stand]
    context = {
        "plan": found,
        "version": version,
        "standings": stand,
        "counts": counted_states(stand),
        **_figures(request, version),
        "versions": versions_of(found, all_of_them=governs),
        "governs": governs,
        "draft": draft,
        "progress": progress or ProgressForm(measures=measures, initial={"key": uuid7()}),
        "revise": revise or ReviseForm(),
    }
    errors = (progress and progress.errors) or (revise and revise.errors)
    return render(request, "policy/plans/plan.html", context, status=422 if errors else 200)


def _figures(request: HttpRequest, version: PlanVersion | None) -> dict[str, Any]:
    """What a page shows of the figures that a version names."""
    if version is None:
        return {}
    figures = named_figures(request.user, version)
    return {"figures": figures, "targets": target_lines(request.user, version.targets.all(), figures)}


@login_not_required
@require_safe
def plan_export(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Measures and targets of the version that holds. 404 where nothing was published."""
    found = _plan(request, public_id)
    version = shown_version(found)
    if version is None:
        raise Http404
    return download(request, f"plan-{found.first_year}", pgettext("promotion plan", "Plan"), plan_cells(version))


def _version(request: HttpRequest, public_id: UUID) -> PlanVersion:
    return get_object_or_404(PlanVersion.objects.visible_to(request.user).for_page(), public_id=public_id)


@login_not_required
@require_safe
def plan_version(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One version as it was, or as it is being written."""
    return _version_page(request, _version(request, public_id))


def _version_page(request: HttpRequest, version: PlanVersion, *, refused: str = "") -> HttpResponse:
    governs = governs_survey(request.user)
    context = {
        "version": version,
        "plan": version.plan,
        "governs": governs,
        "may_write": governs and version.is_draft,
        "may_publish": governs and version.is_draft and version.written_by_id != request.user.pk,
        "refused": refused,
        "taken_out": taken_out(version) if governs and version.is_draft else [],
        **_figures(request, version),
    }
    return render(request, "policy/plans/version.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: SignedInRequest) -> HttpResponse:
    for_officers(request)
    form = BeginForm(posted(request), initial={"first_year": timezone.localdate().year})
    if request.method == "POST" and form.is_valid():
        made = do(form, begin_plan, **form.cleaned_data, by=request.user, at=timezone.now())
        if made:
            messages.success(request, _("The draft is begun. Add measures and targets."))
            return redirect("policy:plan_version", made.public_id)
    return render(request, "policy/plans/begin.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def plan_revise(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _plan(request, public_id)
    for_officers(request)
    form = ReviseForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        made = do(form, revise_plan, plan=found, reason=reason, by=request.user, at=timezone.now())
        if made:
            messages.success(request, _("The draft begins with the published plan."))
            return redirect("policy:plan_version", made.public_id)
    return _plan_page(request, found, revise=form)


@require_POST
def plan_progress(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _plan(request, public_id)
    for_officers(request)
    version = shown_version(found)
    form = ProgressForm(request.POST, measures=list(version.measures.all()) if version else [])
    if form.is_valid() and do(
        form, enter_progress, plan=found, **form.cleaned_data, by=request.user, at=timezone.now()
    ):
        messages.success(request, _("Entered. Everybody can read it."))
        return redirect("policy:plan", found.public_id)
    return _plan_page(request, found, progress=form)


def _draft(request: SignedInRequest, public_id: UUID) -> PlanVersion:
    version = _version(request, public_id)
    for_officers(request)
    return version


@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Title and summary of a draft."""
    version = _draft(request, public_id)
    if not version.is_draft:
        messages.error(request, _("A published version is never changed. Write a new draft."))
        return redirect("policy:plan_version", version.public_id)
    names = ("title", "title_en", "title_zh", "summary", "revision")
    form, changed = PlanForm(posted(request), initial={name: getattr(version, name) for name in names}), ""
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data, "revision": form.cleaned_data["revision"] or 0}
        try:
            if do(form, write_plan, version=version, **given, by=request.user, at=timezone.now()):
                messages.success(request, _("The draft is saved. Another officer can publish it."))
                return redirect("policy:plan_version", version.public_id)
        except ChangedMeanwhile as error:
            changed = str(error)
            retyped(form, PlanVersion.objects.get(pk=version.pk).revision)
    return _part_page(request, version, form, _("Title and summary"), changed=changed)


def _part_page(
    request: SignedInRequest, version: PlanVersion, form: Any, title: str, *, changed: str = "", there: Any = ()
) -> HttpResponse:
    """`there` is what stands there by now, as (label, text), beside what was typed."""
    context = {"version": version, "plan": version.plan, "form": form, "name": title, "changed": changed}
    context["there"] = there
    status = 409 if changed else 422 if form.errors else 200
    return render(request, "policy/plans/part.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_measure(request: SignedInRequest, public_id: UUID, code: int | None = None) -> HttpResponse:
    """A measure of a draft; a new one without `code`."""
    version = _draft(request, public_id)
    found = next((each for each in version.measures.all() if each.code == code), None)
    if code is not None and found is None:
        raise Http404
    names = ("title", "text", "body", "due_on", "figure")
    start = {name: getattr(found, name) for name in names} | {"seen": found.mark} if found else {}
    there: list[tuple[str, str]] = []
    form, changed = MeasureForm(posted(request), initial=start), ""
    if request.method == "POST" and form.is_valid():
        given = {"version": version, "code": code, **form.cleaned_data}
        try:
            if do(form, put_measure, **given, by=request.user, at=timezone.now()):
                messages.success(request, _("The measure is saved."))
                return redirect("policy:plan_version", version.public_id)
        except ChangedMeanwhile as error:
            now = get_object_or_404(version.measures, code=code)
            changed, there = str(error), in_words(form, {name: getattr(now, name) for name in names})
            retyped(form, now.mark, name="seen")
    return _part_page(request, version, form, str(found) if found else _("New measure"), changed=changed, there=there)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_target(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A target of a draft; `?target=` begins with one that is there."""
    version = _draft(request, public_id)
    asked = request.GET.get("target", "")
    found = next((each for each in version.targets.all() if str(each.public_id) == asked), None)
    if asked and found is None:
        messages.error(request, _("This target was taken out already."))
        return redirect("policy:plan_version", version.public_id)
    start = _typed(found) | {"seen": found.mark} if found else {"year": version.plan.last_year}
    there: list[tuple[str, str]] = []
    form, changed = TargetForm(posted(request), initial=start, is_there=found is not None), ""
    if request.method == "POST" and form.is_valid():
        given = {"version": version, **form.cleaned_data}
        try:
            if do(form, put_target, **given, by=request.user, at=timezone.now()):
                messages.success(request, _("The target is saved."))
                return redirect("policy:plan_version", version.public_id)
        except ChangedMeanwhile as error:
            now = get_object_or_404(version.targets, figure=given["figure"], year=given["year"])
            changed, there = str(error), in_words(form, _typed(now))
            retyped(form, now.mark, name="seen")
    return _part_page(request, version, form, _("Target"), changed=changed, there=there)


def _typed(target: PlanTarget) -> dict[str, Any]:
    kept = {name: getattr(target, name) for name in ("figure", "year", "note")}
    return kept | {"value": typed_value(target.value, target.unit)}


@require_POST
def plan_measure_drop(request: SignedInRequest, public_id: UUID, code: int) -> HttpResponse:
    version = _draft(request, public_id)
    seen = request.POST.get("seen", "")
    drop_measure(version=version, code=code, seen=seen, by=request.user, at=timezone.now())
    messages.success(request, _("The measure was taken out."))
    return redirect("policy:plan_version", version.public_id)


@require_POST
def plan_measure_back(request: SignedInRequest, public_id: UUID, code: int) -> HttpResponse:
    version = _draft(request, public_id)
    put_back_measure(version=version, code=code, by=request.user, at=timezone.now())
    messages.success(request, _("The measure is in the draft again."))
    return redirect("policy:plan_version", version.public_id)


@require_POST
def plan_target_drop(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    version = _draft(request, public_id)
    asked = request.POST.get("target", "")
    found = next((each for each in version.targets.all() if str(each.public_id) == asked), None)
    if found is not None:
        drop_target(version=version, figure=found.figure, year=found.year, by=request.user, at=timezone.now())
        messages.success(request, _("The target was taken out."))
    return redirect("policy:plan_version", version.public_id)


@require_POST
def plan_publish(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    version = _draft(request, public_id)
    try:
        publish_plan(version=version, revision=revision_posted(request), by=request.user, at=timezone.now())
    except DomainError as error:
        if error.status != DomainError.status:
            raise
        return _version_page(request, version, refused=str(error))
    messages.success(request, _("The plan is published."))
    return redirect("policy:plan", version.plan.public_id)


@require_POST
def plan_discard(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    version = _draft(request, public_id)
    discard_plan(version=version, by=request.user, at=timezone.now())
    messages.success(request, _("The draft is thrown away."))
    return redirect("policy:plans")
