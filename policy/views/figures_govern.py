"""Officers set targets and correct frozen months."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, posted
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed, NotPossibleNow
from policy.forms.figures import CorrectForm, TargetForm, WithdrawForm
from policy.models import Snapshot, Target
from policy.queries.figures.access import governs, told
from policy.queries.figures.figure import Figure
from policy.services.figures.freeze import correct
from policy.services.figures.targets import set_target, withdraw_target
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
    data, chosen = posted(request), _chosen(request, found)
    form = TargetForm(data, figure=found) if data is not None else TargetForm.about(found, chosen)
    if form.is_bound and form.is_valid():
        made = do(form, set_target, figure=found, by=request.user, at=timezone.now(), **form.cleaned_data)
        if made:
            messages.success(request, _("The target of %(year)s is set.") % {"year": made.year})
            return redirect("policy:figure_targets", found.code)
    withdraw = WithdrawForm(initial={"year": chosen.year, "seen": chosen.version}) if chosen and data is None else None
    return _targets_page(request, found, form, withdraw)


def _targets_page(
    request: SignedInRequest, found: Figure, form: TargetForm, withdraw: WithdrawForm | None
) -> HttpResponse:
    kept = Target.objects.filter(figure=found.code).select_related("set_by").order_by("-year", "-version")
    context = {
        "figure": found,
        "form": form,
        "withdraw": withdraw,
        "targets": [
            {"row": row, "text": amount(found.unit, row.value), "source": in_words(row.source)} for row in kept
        ],
    }
    errors = form.errors or (withdraw and withdraw.errors)
    return render(request, "policy/figures/targets.html", context, status=422 if errors else 200)


@require_POST
def target_withdraw(request: SignedInRequest, code: str) -> HttpResponse:
    """Take a target back, with a reason."""
    found, withdraw = governed(request, code), WithdrawForm(request.POST)
    if withdraw.is_valid():
        given = withdraw.cleaned_data
        if do(withdraw, withdraw_target, figure=found, by=request.user, at=timezone.now(), **given):
            messages.success(request, _("The target of %(year)s is taken back.") % {"year": given["year"]})
            return redirect("policy:figure_targets", found.code)
    return _targets_page(request, found, TargetForm(figure=found), withdraw)


def _chosen(request: SignedInRequest, found: Figure) -> Target | None:
    """The target in force of `?year=`."""
    year = request.GET.get("year", "")
    current = Target.objects.current().filter(figure=found.code)
    return current.filter(year=int(year)).first() if year.isascii() and year.isdigit() and len(year) == 4 else None


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
