"""Figures about a call, once it is decided."""

from dataclasses import dataclass

from django.db.models import Count, Q

from marketplace.core.few import is_few
from programmes.enums.applications import ApplicationState
from programmes.enums.calls import CallState
from programmes.enums.review import SelectionState
from programmes.models import Call, SelectionLine


@dataclass(frozen=True)
class Outcome:
    applications: int
    selected: int


def outcome_of(call: Call) -> Outcome | None:
    """How many applied and how many the published selection took; None before, and where either group is of a few.

    Read off the list as it was published, which nobody changes: who drops out or moves up later is not told by one
    day's numbers taken from the next day's. Won beside a call would be one firm's award (docs/adr/0050). A second
    selection (an objection upheld) would tell its few by subtraction, so the first one stands.
    """
    if call.state not in {CallState.DECIDED, CallState.CLOSED}:
        return None
    first = call.selections.filter(state=SelectionState.PUBLISHED).order_by("serial").first()
    if first is None:
        return None
    selected = Count("pk", filter=Q(outcome=ApplicationState.SELECTED))
    found = SelectionLine.objects.filter(selection=first).aggregate(selected=selected)["selected"]
    applied = call.applications.exclude(submitted_at=None).count()
    if is_few(found) or is_few(applied - found):
        return None
    return Outcome(applied, found)
