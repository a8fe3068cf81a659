"""Officers set targets and correct frozen months."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest, posted
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed, NotPossibleNow
from policy.forms.figures import CorrectForm, TargetForm
from policy.models import Snapshot, Target
from policy.queries.figures.access import governs, told
from policy.queries.figures.figure import Figure
from policy.services.figures.freeze import correct
from policy.services.figures.targets import set_target
from policy.views.figures import visible
from policy.wording.figures import amount, in_words


def governed(request: SignedInRequest, code: str) -> Figure:
    """The figure. Raises `NotAllowed` for who sees it and does not govern it."""
    found = visible(request, code)
    if not governs(request.user):
        raise NotAllowed(_("Only officers who govern the figures can do this."))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def targets(request: SignedInRequest, code: str) -> HttpResponse:
    """Targets in all their versions, and a form for another one; `?year=` fills in what stands there now."""
    found = governed(request, code)
    data = posted(request)
    form = TargetForm(data, figure=found) if data is not None else _to_fill(request, found)
    if form.is_bound and form.is_valid():
        made = do(form, set_target, figure=found, by=request.user, at=timezone.now(), **form.cleaned_data)
        if made:
            messages.success(request, _("The target of %(year)s is set.") % {"year": made.year})
            return redirect("policy:figure_targets", found.code)
    kept = Target.objects.filter(figure=found.code).select_related("set_by").order_by("-year", "-version")
    context = {
        "figure": found,
        "form": form,
        "targets": [
            {"row": row, "text": amount(found.unit, row.value), "source": in_words(row.source)} for row in kept
        ],
    }
    return render(request, "policy/figures/targets.html", context, status=422 if form.errors else 200)


def _to_fill(request: SignedInRequest, found: Figure) -> TargetForm:
    year = request.GET.get("year", "")
    current = Target.objects.current().filter(figure=found.code)
    chosen = current.filter(year=int(year)).first() if year.isascii() and year.isdigit() and len(year) == 4 else None
    return TargetForm.about(found, chosen)


@require_http_methods(["GET", "HEAD", "POST"])
def snapshot_correct(request: SignedInRequest, code: str, public_id: UUID) -> HttpResponse:
    """Compute a frozen month again, with a reason: another version, beside the one that stays."""
    found = governed(request, code)
    snapshot = get_object_or_404(Snapshot, figure=found.code, public_id=public_id)
    form = CorrectForm(posted(request))
    if form.is_bound and form.is_valid():
        made = None
        try:
            made = do(form, correct, snapshot=snapshot, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotPossibleNow as error:  # nothing to correct: said where it was asked, nobody was faster
            form.add_error(None, str(error))
        if made:
            messages.success(request, _("The month was computed again and kept as a further version."))
            return redirect("policy:figure", found.code)
    context: dict[str, Any] = {
        "figure": found,
        "snapshot": snapshot,
        "text": amount(found.unit, told(request.user, found, snapshot).value),
        "form": form,
    }
    return render(request, "policy/figures/correct.html", context, status=422 if form.errors else 200)
