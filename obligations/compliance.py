"""Every figure about duties, each as one filter. Pages, drill-down, exports and the API ask here and nowhere else.

The rate is (listed + verified) / (owed − exempt), in basis points; None where nothing is owed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, Q
from django.db.models.functions import ExtractYear

from accounts.models import User
from obligations.enums import DONE_STATES, DutyKind, DutyState
from obligations.models import Obligation
from obligations.querysets import ObligationQuerySet, overdue_on

Condition = Callable[[date], Q]

FIGURES: Mapping[str, Condition] = {
    "owed": lambda day: ~Q(state=DutyState.DROPPED),
    "discharged": lambda day: Q(state__in=DONE_STATES),
    "verified": lambda day: Q(state=DutyState.VERIFIED),
    "exempt": lambda day: Q(state=DutyState.EXEMPT),
    "due": lambda day: Q(state=DutyState.DUE) & ~overdue_on(day),
    "overdue": overdue_on,
}
"""`due` and `overdue` share what is still to be done: owed = discharged + exempt + due + overdue."""

GROUPS: Mapping[str, str] = {"institute": "institute", "ministry": "project__ministry", "year": "due_year"}
"""What the figures can be told by. The year is that of the date set by law, whatever delay was accepted."""


@dataclass(frozen=True)
class Choice:
    """Which duties are looked at; empty means all of them."""

    kind: str = DutyKind.LISTING
    institute: int | None = None
    ministry: str = ""
    year: int | None = None


@dataclass(frozen=True)
class Figures:
    """Counts of one group, named as in `FIGURES`. `key` is an institute's id, a ministry or a year; None of all."""

    key: int | str | None
    owed: int = 0
    discharged: int = 0
    verified: int = 0
    exempt: int = 0
    due: int = 0
    overdue: int = 0

    @property
    def rate_bp(self) -> int | None:
        """Basis points, rounded down, so that 100 % means all of them."""
        held_to = self.owed - self.exempt
        return self.discharged * 10_000 // held_to if held_to else None


def rows(*, user: User | AnonymousUser, choice: Choice, day: date, figure: str = "owed") -> ObligationQuerySet:
    """Exactly the duties behind a figure: what a drill-down lists and an export writes. Without an order.

    Raises `KeyError` for a figure that is not in `FIGURES`.
    """
    return _chosen(user, choice).filter(FIGURES[figure](day))


def table(*, user: User | AnonymousUser, choice: Choice, day: date, by: str) -> list[Figures]:
    """The figures of every group, in one statement, by key. Raises `KeyError` for a group not in `GROUPS`."""
    chosen = _chosen(user, choice).filter(FIGURES["owed"](day))
    counts = {name: Count("pk", filter=condition(day)) for name, condition in FIGURES.items() if name != "owed"}
    grouped = chosen.annotate(due_year=ExtractYear("due_on")).values(key=F(GROUPS[by]))
    return [Figures(**row) for row in grouped.annotate(owed=Count("pk"), **counts).order_by("key")]


def total(groups: list[Figures]) -> Figures:
    """The sum of groups of one table."""
    return Figures(None, **{name: sum(getattr(group, name) for group in groups) for name in FIGURES})


def _chosen(user: User | AnonymousUser, choice: Choice) -> ObligationQuerySet:
    found = Obligation.objects.visible_to(user)
    if choice.kind:
        found = found.filter(kind=choice.kind)
    if choice.institute is not None:
        found = found.filter(institute=choice.institute)
    if choice.ministry:
        found = found.filter(project__ministry=choice.ministry)
    if choice.year is not None:
        found = found.filter(due_on__year=choice.year)
    return found
