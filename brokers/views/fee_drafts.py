"""Officers write versions of the guideline; one who did not write a version publishes it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from brokers.enums.fees import ScheduleState
from brokers.forms.fees import ReasonForm, ScheduleForm
from brokers.models import BandRequest, FeeSchedule
from brokers.services.fees.publish_schedule import publish_schedule, withdraw_schedule
from brokers.services.fees.write_schedule import CONTENT, edit_schedule, write_schedule
from brokers.views.acting import act
from brokers.views.fee_public import show_schedule, visible
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed


def for_officers(request: SignedInRequest) -> None:
    if not request.user.has_perm("brokers.govern_fees"):
        raise PermissionDenied(_("Only officers who write the fee guideline may see this."))


@require_safe
def drafts(request: SignedInRequest) -> HttpResponse:
    """Drafts, and what was thrown away before it was published."""
    for_officers(request)
    rows = FeeSchedule.objects.guidelines().filter(published_at=None).select_related("withdrawn_by")
    context = {
        "drafts": rows.drafts().order_by("-updated_at", "-pk"),
        "thrown_away": rows.filter(state=ScheduleState.WITHDRAWN).order_by("-withdrawn_at", "-pk")[:20],
    }
    return render(request, "brokers/fees/drafts.html", context)


@require_safe
def band_requests(request: SignedInRequest) -> HttpResponse:
    """Fees outside the band that wait for a decision, the oldest first."""
    for_officers(request)
    rows = BandRequest.objects.visible_to(request.user).waiting().for_list()
    return render(request, "brokers/fees/band_requests.html", {"requests": rows[:200]})


def _content_of(schedule: FeeSchedule) -> dict[str, Any]:
    return {name: getattr(schedule, name) for name in CONTENT}


def _tiers_of(schedule: FeeSchedule) -> list[tuple[int, int]]:
    return [(tier.from_won, tier.rate_bp) for tier in schedule.plan.tiers]


@require_http_methods(["GET", "HEAD", "POST"])
def draft_new(request: SignedInRequest) -> HttpResponse:
    """A new draft, which begins with what is in force or, where nothing is, with what a first one needs."""
    for_officers(request)
    before = FeeSchedule.objects.in_force_on(timezone.localdate()).with_tiers().first()
    start = _content_of(before) | {"valid_from": None} if before else _content_of(FeeSchedule())
    form = ScheduleForm(posted(request), initial=start, tiers=_tiers_of(before) if before else None)
    if request.method == "POST" and form.is_valid():
        made = _written(form, content=form.content, tiers=form.tiers, by=request.user, at=timezone.now())
        if made:
            messages.success(request, _("The draft is saved. Another officer can publish it."))
            return redirect("brokers:schedule", made.public_id)
    context = {"form": form, "before": before}
    return render(request, "brokers/fees/draft_form.html", context, status=422 if form.errors else 200)


def _written(form: ScheduleForm, *, schedule: FeeSchedule | None = None, **given: Any) -> FeeSchedule | None:
    """The draft as saved; None where the form says what is wrong, of the table at its first row."""
    try:
        if schedule is None:
            return write_schedule(**given)
        return edit_schedule(schedule=schedule, revision=form.cleaned_data["revision"] or 0, **given)
    except (Conflict, NotAllowed):
        raise
    except DomainError as error:
        field = "from_0" if error.field == "tiers" else error.field
        form.add_error(field if field in form.fields else None, str(error))
        return None


@require_http_methods(["GET", "HEAD", "POST"])
def draft_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    for_officers(request)
    found = visible(request, public_id)
    if not found.is_draft or found.use != "guideline":
        messages.error(request, _("A published version is never changed. Write a new draft."))
        return redirect("brokers:schedule", found.public_id)
    start = _content_of(found) | {"revision": found.revision}
    form = ScheduleForm(posted(request), initial=start, tiers=_tiers_of(found))
    newest = None
    if request.method == "POST" and form.is_valid():
        given = {"content": form.content, "tiers": form.tiers, "by": request.user, "at": timezone.now()}
        try:
            if _written(form, schedule=found, **given):
                messages.success(request, _("The draft is saved. Another officer can publish it."))
                return redirect("brokers:schedule", found.public_id)
        except ChangedMeanwhile:
            newest = visible(request, public_id)
            data = request.POST.copy()
            data["revision"] = str(newest.revision)  # what was typed stays, and knows now what it would write over
            form.data = data
    context = {"form": form, "schedule": found, "newest": newest}
    status = 409 if newest else 422 if form.errors else 200
    return render(request, "brokers/fees/draft_form.html", context, status=status)


@require_POST
def publish(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    for_officers(request)
    found = visible(request, public_id)
    revision = request.POST.get("revision", "")
    try:
        publish_schedule(
            schedule=found, revision=int(revision) if revision.isascii() and revision.isdigit() else 0,
            by=request.user, at=timezone.now(),
        )  # fmt: skip
    except (Conflict, NotAllowed):
        raise
    except DomainError as error:
        return show_schedule(request, found, refused=str(error))
    messages.success(request, _("The version is published. Brokers are told."))
    return redirect("brokers:schedule", found.public_id)


@require_POST
def withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    for_officers(request)
    found = visible(request, public_id)
    form = ReasonForm(request.POST)
    said = _("Withdrawn. Its page stays, with the reason.")
    done = act(request, form, withdraw_schedule, said, then=("brokers:schedule", found.public_id), schedule=found)
    return done or show_schedule(request, found, reason=form)
