"""Figures about a call, once it is decided."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from programmes.enums.applications import ApplicationState
from programmes.enums.calls import CallState
from programmes.models import Call

WON = (ApplicationState.SELECTED, ApplicationState.AGREED)


@dataclass(frozen=True)
class Outcome:
    applications: int
    selected: int
    government_won: int


def outcome_of(call: Call) -> Outcome | None:
    """How many applied, how many were selected and for how much; None before the call is decided."""
    if call.state not in {CallState.DECIDED, CallState.CLOSED}:
        return None
    found = call.applications.exclude(submitted_at=None).aggregate(
        applications=Count("pk"),
        selected=Count("pk", filter=Q(state__in=WON)),
        government_won=Sum("government_won", filter=Q(state__in=WON)),
    )
    return Outcome(found["applications"], found["selected"], found["government_won"] or 0)
