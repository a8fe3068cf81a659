"""One duty: what is owed, why and by when, what was done, and what its reader may do about it."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.roles import Permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.errors import Conflict
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_targets_read
from obligations.agreement import disagreements, disagreements_of_duties
from obligations.compliance import rows
from obligations.duty_actions import ACTIONS, Given, exemption_named, offer, require_may
from obligations.duty_forms import ActionForm
from obligations.duty_queries import technologies_to_name
from obligations.enums import Agreement
from obligations.exports import evidence_response
from obligations.forms import ROWS_LABELS, ComplianceForm
from obligations.history import Line, history, since
from obligations.models import Discharge, Exemption, Obligation
from obligations.querysets import ObligationQuerySet

PER_PAGE = 50


def for_those_concerned(request: SignedInRequest) -> None:
    """Raise `PermissionDenied` for whoever is neither of an institute that owes nor an officer."""
    if request.user.has_perm("obligations.see_compliance"):
        return
    if not organizations_with(request.user, Permission.VIEW_RESULTS):
        raise PermissionDenied(_("Only members of an institute that owes, and officers, may see this."))


@require_safe
def duty_list(request: SignedInRequest) -> HttpResponse:
    """What one's institute owes, by date, done or not. The same filters as in the figures, whose rows officers read."""
    for_those_concerned(request)
    if request.user.has_perm("obligations.see_compliance"):
        return redirect(f"{reverse('obligations:duties')}?{request.GET.urlencode()}".rstrip("?"))
    form = ComplianceForm(request.GET)
    del form.fields["institute"]
    return rows_page(request, form, page="obligations/duty_list.html", is_officer=False)


def rows_page(request: SignedInRequest, form: ComplianceForm, *, page: str, is_officer: bool) -> HttpResponse:
    """The duties behind a figure that the reader may see, on a page of its own or as a part of it."""
    day = timezone.localdate()
    found = found_by(request, form, day)
    paginator = BoundedPaginator(found.for_list(), PER_PAGE)
    shown = paginator.get_page(request.GET.get("page"))
    figure = form.which if form.is_valid() else ""
    context = {
        "form": form,
        "page": shown,
        "many": found.count() if paginator.more_than_counted else paginator.count,
        "figure": ROWS_LABELS[figure] if figure not in {"", "owed"} else "",
        "overdue": {duty.pk for duty in shown if duty.is_overdue_on(day)},
        "day": day,
        "is_officer": is_officer,
        "tab": "duties",
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
        "query": without_empty(request.GET).urlencode(),
    }
    return render_part(request, page=page, part="obligations/partials/_duties.html", context=context)


def found_by(request: SignedInRequest, form: ComplianceForm, day: date) -> ObligationQuerySet:
    """Exactly the duties behind the figure that is asked for; none where it cannot be told which."""
    if not form.is_valid():
        return Obligation.objects.none()
    return rows(user=request.user, choice=form.choice, day=day, figure=form.which)


def _visible(request: SignedInRequest, public_id: UUID) -> Obligation:
    return get_object_or_404(Obligation.objects.visible_to(request.user).for_page(), public_id=public_id)


@require_safe
def duty(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found, now = _visible(request, public_id), timezone.now()
    shown = [found.public_id, *found.exemptions.values_list("public_id", flat=True)]
    mark_targets_read(target_ids=shown, by=request.user, at=now)
    return _show(request, found)


def _show(
    request: SignedInRequest,
    found: Obligation,
    bound: dict[str, ActionForm] | None = None,
    *,
    status: int = 200,
    conflict: str = "",
    changes: list[Line] | None = None,
) -> HttpResponse:
    """`bound` are forms that were sent and refused: they stand in place of the empty ones."""
    day = timezone.localdate()
    offered = offer(found, request.user, day)
    sent = dict(bound or {})
    lost = {name: form for name, form in sent.items() if name not in offered.forms}
    context: dict[str, Any] = {
        "duty": found,
        "day": day,
        "is_overdue": found.is_overdue_on(day),
        "is_officer": request.user.has_perm("obligations.see_compliance"),
        "offer": offered,
        "forms": {**offered.forms, **{name: form for name, form in sent.items() if name in offered.forms}},
        "opened": next(iter(sent), ""),
        "refused": next((form for form in sent.values() if form.errors), None),
        "typed": [pair for form in lost.values() for pair in form.typed()],
        "conflict": conflict,
        "changes": changes or [],
        "discharges": _discharges(found),
        "exemptions": found.exemptions.visible_to(request.user)
        .for_list()
        .select_related("decided_by")
        .order_by("-asked_at", "-pk"),
        "technologies": technologies_to_name(found) if "discharge" in offered.forms else [],
        "history": history(found, request.user),
    }
    return render(request, "obligations/duty.html", context, status=status)


def _discharges(found: Obligation) -> list[tuple[Discharge, list[Agreement]]]:
    """Each with what does not agree, where it counts."""
    lacking = disagreements(found.discharges.live())
    rows = found.discharges.select_related("listing__holder", "by").order_by("at", "pk")
    return [(row, lacking.get(row.pk, [])) for row in rows]


@require_POST
def act(request: SignedInRequest, public_id: UUID, action: str) -> HttpResponse:
    """One of `ACTIONS`. Whoever comes second is told what changed and by whom, and keeps what was typed."""
    found, wanted = _visible(request, public_id), ACTIONS[action]
    form = wanted.form(request.POST, request.FILES)
    exemption = exemption_named(found, request.POST.get("exemption", ""))
    require_may(request.user, found, wanted, exemption)
    if not form.is_valid():
        return _show(request, found, {action: form}, status=422)
    data = dict(form.cleaned_data)
    given = Given(found, data, data.pop("revision"), request.user, timezone.now())

    def run() -> bool:
        wanted.run(given)
        return True

    try:
        if do(form, run):
            messages.success(request, str(wanted.done))
            if action == "discharge":
                _warn(request, found)
            return redirect("obligations:duty", found.public_id)
    except Conflict as conflict:
        return _told(request, public_id, action, form, given.revision, conflict)
    return _show(request, found, {action: form}, status=422)


def _warn(request: SignedInRequest, found: Obligation) -> None:
    """What an officer will see, said to the institute now: it may have named the wrong one."""
    if lacking := disagreements_of_duties([found]).get(found.pk):
        what = ", ".join(str(each.label) for each in lacking)
        messages.warning(
            request, _("Result and technology do not agree: %(what)s. An officer looks at it.") % {"what": what}
        )


def _told(
    request: SignedInRequest, public_id: UUID, action: str, form: ActionForm, revision: int, conflict: Conflict
) -> HttpResponse:
    """The page as it is now, with what changed since; the form knows now what it would come after."""
    newest = _visible(request, public_id)
    form.data = {**request.POST.dict(), "revision": str(newest.revision)}
    changes = since(newest, revision, request.user)
    return _show(request, newest, {action: form}, status=409, conflict=str(conflict), changes=changes)


@require_GET
def evidence(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    exemption = get_object_or_404(Exemption.objects.visible_to(request.user), public_id=public_id)
    return evidence_response(exemption, by=request.user, at=timezone.now())
