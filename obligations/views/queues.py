"""What waits on an officer: exemptions to decide on, duties to verify one by one or many at once."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.roles import Permission, organizations_with
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import BoundedPaginator
from obligations.agreement import disagreements_of_duties
from obligations.duty_actions import why_not
from obligations.duty_queries import to_verify as duties_to_verify
from obligations.duty_queries import waiting_exemptions
from obligations.enums import Agreement, ExemptionState
from obligations.models import Exemption, Obligation
from obligations.querysets import ExemptionQuerySet
from obligations.services.discharge import verify_many
from obligations.views.duties import for_those_concerned

PER_PAGE = 50
MOST_AT_ONCE = 200
TABS: dict[str, Any] = {
    "waiting": gettext_lazy("Wait for a decision"),
    "granted": gettext_lazy("Granted"),
    "ending": gettext_lazy("End soon"),
    "closed": pgettext_lazy("exemptions", "Closed"),
}


@require_safe
def exemptions(request: SignedInRequest) -> HttpResponse:
    """Of all institutes for officers, of one's own otherwise."""
    for_those_concerned(request)
    decides = bool(organizations_with(request.user, Permission.DECIDE_EXEMPTIONS))
    show = request.GET.get("show", "")
    show = show if show in TABS else "waiting"
    found = _shown(request, show)
    mine, others = waiting_exemptions(request.user) if decides else (found, Exemption.objects.none())
    rows = mine if show == "waiting" else found
    context = {
        "page": BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "not_mine": [(row, why_not(request.user, row)) for row in others[:PER_PAGE]] if show == "waiting" else [],
        "show": show,
        "tabs": [(f"?show={name}", label, name == show) for name, label in TABS.items()],
        "decides": decides,
        "is_officer": request.user.has_perm("obligations.see_compliance"),
        "tab": "exemptions",
        "query": without_empty(request.GET).urlencode(),
    }
    return render_part(
        request, page="obligations/exemptions.html", part="obligations/partials/_exemptions.html", context=context
    )


def _shown(request: SignedInRequest, show: str) -> ExemptionQuerySet:
    visible = Exemption.objects.visible_to(request.user).for_list()
    if show == "waiting":
        return visible.open().order_by("asked_at", "pk")
    if show == "granted":
        return visible.filter(state=ExemptionState.GRANTED).order_by("until", "pk")
    if show == "ending":
        return visible.ending_at(timezone.now()).order_by("until", "pk")
    closed = [ExemptionState.REFUSED, ExemptionState.TAKEN_BACK, ExemptionState.ENDED]
    return visible.filter(state__in=closed).order_by("-asked_at", "-pk")


def _for_verifiers(request: SignedInRequest) -> None:
    if not organizations_with(request.user, Permission.VERIFY_OBLIGATIONS):
        raise PermissionDenied(_("Only members of a government office may see this."))


@require_safe
def to_verify(request: SignedInRequest) -> HttpResponse:
    """Said to be done and not yet looked at, what waits longest first."""
    _for_verifiers(request)
    found = duties_to_verify(request.user).for_list().order_by("done_at", "pk")
    page = BoundedPaginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _with_lacking(list(page)),
        "most": MOST_AT_ONCE,
        "is_officer": True,
        "tab": "to_verify",
    }
    return render(request, "obligations/to_verify.html", context)


def _with_lacking(duties: list[Obligation]) -> list[tuple[Obligation, list[Agreement]]]:
    """Each with what does not agree between its result and the technologies named for it."""
    lacking = disagreements_of_duties(duties)
    return [(duty, lacking.get(duty.pk, [])) for duty in duties]


@require_POST
def verify_chosen(request: SignedInRequest) -> HttpResponse:
    """First a page that lists exactly what was chosen, then, when `sure`, what was done and what was left out."""
    _for_verifiers(request)
    chosen = _chosen(request)
    if not chosen:
        messages.error(request, _("Choose at least one duty."))
        return redirect("obligations:to_verify")
    if len(chosen) > MOST_AT_ONCE:
        messages.error(request, _("At most %(most)d duties at once.") % {"most": MOST_AT_ONCE})
        return redirect("obligations:to_verify")
    rows = Obligation.objects.visible_to(request.user).for_list().in_bulk(list(chosen), field_name="public_id")
    seen = [(rows[key], revision) for key, revision in chosen.items() if key in rows]
    if "sure" not in request.POST:
        ready = {row.pk for row in duties_to_verify(request.user).filter(pk__in=[row.pk for row, _seen in seen])}
        same = [(row, at) for row, at in seen if row.pk in ready and row.revision == at]
        lacking = disagreements_of_duties([row for row, _at in same])
        context = {
            "seen": [(row, at, lacking.get(row.pk, [])) for row, at in same],
            "unlike": sum(bool(lacking.get(row.pk)) for row, _at in same),
            "changed": [row for row, at in seen if (row, at) not in same],
        }
        return render(request, "obligations/verify_check.html", context)
    done, left_out = verify_many(seen=seen, by=request.user, at=timezone.now())
    return render(request, "obligations/verified.html", {"done": done, "left_out": left_out})


def _chosen(request: SignedInRequest) -> dict[UUID, int]:
    """Id and revision as the page gave them, `id:revision`; what is neither is passed over."""
    chosen: dict[UUID, int] = {}
    for value in request.POST.getlist("duty"):
        key, _colon, revision = value.partition(":")
        try:
            chosen[UUID(key)] = int(revision)
        except ValueError:
            continue
    return chosen
