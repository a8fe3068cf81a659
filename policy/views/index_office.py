"""The capability index as officers keep it: what would be published, versions of the weights, peer groups."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile
from policy.enums.index import PeerGroup, WeightsState
from policy.forms.index import PlacementForm, RankingForm, WeightsForm
from policy.models import IndexWeights, PeerPlacement
from policy.queries.index import compute, groups_of, ranking_of, years_to_rank
from policy.queries.survey import institutes
from policy.scheme.index import Scheme
from policy.services.index.publish import place_institute, publish_ranking
from policy.services.index.weights import discard_weights, edit_weights, publish_weights, write_weights
from policy.views.asked import for_officers, retyped, revision_posted, year_asked
from policy.wording.index import method_rows


@require_http_methods(["GET", "HEAD", "POST"])
def capability_office(request: SignedInRequest) -> HttpResponse:
    """What would be published now for a year, and the button that does it."""
    for_officers(request)
    form = RankingForm(posted(request))
    if request.method == "POST" and form.is_valid():
        made = do(form, publish_ranking, **form.cleaned_data, by=request.user, at=timezone.now())
        if made:
            messages.success(request, _("The ranking is published, and institutes are told."))
            return redirect(f"{request.path}?year={made.year}")
    years = years_to_rank()
    year = form.cleaned_data.get("year") if form.is_bound else None
    year = year or year_asked(request, years)
    weights = IndexWeights.objects.in_use().first()
    context: dict[str, Any] = {"years": years, "year": year, "weights": weights, "form": form}
    if year and weights:
        made = compute(year, weights)
        before = ranking_of(year)
        if not form.is_bound:
            form = RankingForm(initial={"year": year, "seen": made.digest})
        context |= {
            "form": form,
            "before": before,
            "is_same": bool(before and before.digest == made.digest and before.weights_id == weights.pk),
            "rows": [
                {"score": each, "institute": made.institutes[each.key], "group": PeerGroup(each.group).label}
                for each in made.scores
            ],
        }
    return render(request, "policy/index/office.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def capability_groups(request: SignedInRequest) -> HttpResponse:
    """Which institute is compared with which; a form that puts one into another group."""
    for_officers(request)
    form = PlacementForm(posted(request))
    sent = request.method == "POST" and form.is_valid()
    if sent and do(form, place_institute, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("Saved. It holds from the next ranking on."))
        return redirect("policy:capability_groups")
    rows = list(institutes())
    groups = groups_of(rows)
    placed = PeerPlacement.objects.current().select_related("placed_by")
    by_hand = {each.institute_id: each for each in placed}
    context = {
        "form": form,
        "rows": [
            {"institute": each, "group": PeerGroup(groups[each.pk]).label, "placed": by_hand.get(each.pk)}
            for each in rows
        ],
    }
    return render(request, "policy/index/groups.html", context, status=422 if form.errors else 200)


@require_safe
def capability_versions(request: SignedInRequest) -> HttpResponse:
    """Every version of the weights, drafts too."""
    for_officers(request)
    context = {"versions": IndexWeights.objects.visible_to(request.user).newest_first()}
    return render(request, "policy/index/versions.html", context)


def _visible(request: SignedInRequest, public_id: UUID) -> IndexWeights:
    for_officers(request)
    return get_object_or_404(IndexWeights.objects.visible_to(request.user).newest_first(), public_id=public_id)


@require_safe
def capability_version(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    weights = _visible(request, public_id)
    scheme = weights.plan
    is_draft = weights.state == WeightsState.DRAFT
    context = {
        "weights": weights,
        "scheme": scheme,
        "rows": method_rows(scheme.weights),
        "is_draft": is_draft,
        "may_edit": is_draft and weights.written_by_id == request.user.pk,
        "may_publish": is_draft and weights.written_by_id != request.user.pk,
        "used": weights.rankings.count(),
    }
    return render(request, "policy/index/version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def capability_version_new(request: SignedInRequest) -> HttpResponse:
    """A draft that begins with the version in use."""
    for_officers(request)
    before = IndexWeights.objects.in_use().first()
    if before is None:
        return render(request, "policy/index/version_form.html", {"form": None})
    form = WeightsForm(posted(request), scheme=before.plan, initial={"source": before.source})
    if request.method == "POST" and form.is_valid():
        made = _saved(form, write_weights, by=request.user, at=timezone.now())
        if made:
            messages.success(request, _("The draft is saved. Another officer can publish it."))
            return redirect("policy:capability_version", made.public_id)
    return render(request, "policy/index/version_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def capability_version_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    weights = _visible(request, public_id)
    if weights.state != WeightsState.DRAFT:
        messages.error(request, _("A published version is never changed. Write a new draft."))
        return redirect("policy:capability_version", weights.public_id)
    if weights.written_by_id != request.user.pk:
        raise PermissionDenied(_("Only who wrote this draft changes it. Write one of your own."))
    start = {"source": weights.source, "revision": weights.revision}
    form, changed = WeightsForm(posted(request), scheme=Scheme.of(weights.scheme), initial=start), ""
    if request.method == "POST" and form.is_valid():
        given = {"weights": weights, "revision": form.cleaned_data["revision"] or 0}
        try:
            if _saved(form, edit_weights, **given, by=request.user, at=timezone.now()):
                messages.success(request, _("The draft is saved. Another officer can publish it."))
                return redirect("policy:capability_version", weights.public_id)
        except ChangedMeanwhile as error:
            changed = str(error)
            retyped(form, IndexWeights.objects.get(pk=weights.pk).revision)
    context = {"form": form, "weights": weights, "changed": changed}
    status = 409 if changed else 422 if form.errors else 200
    return render(request, "policy/index/version_form.html", context, status=status)


def _saved(form: WeightsForm, service: Any, **given: Any) -> Any:
    return do(form, service, scheme=form.scheme, source=form.cleaned_data["source"], **given)


@require_POST
def capability_version_publish(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    weights = _visible(request, public_id)
    publish_weights(weights=weights, revision=revision_posted(request), by=request.user, at=timezone.now())
    messages.success(request, _("The version is published. The next ranking is computed by it."))
    return redirect("policy:capability_version", weights.public_id)


@require_POST
def capability_version_discard(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    weights = _visible(request, public_id)
    discard_weights(weights=weights, revision=revision_posted(request), by=request.user)
    messages.success(request, _("The draft is thrown away."))
    return redirect("policy:capability_versions")
