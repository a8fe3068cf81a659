"""Every figure about duties, each as one filter. Pages, drill-down, exports and the API ask here and nowhere else.

The rate is (listed + verified) / (owed − exempt), in basis points; None where nothing is owed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, F, Min, OuterRef, Q
from django.db.models.functions import Coalesce, ExtractYear, Greatest

from accounts.models import User
from obligations.enums import DAYS_FROM_HEAD_TO_PUBLIC, DONE_STATES, DutyKind, DutyState, LetterStep
from obligations.models import Obligation, Reminder
from obligations.querysets import CALENDAR_DAY, ObligationQuerySet, overdue_on

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


def named_publicly_on(day: date) -> Q:
    """Overdue, and still so a month after the letter to the head about this very deadline: the public table.

    What is exempt, dropped or done is not overdue; what was extended has another deadline, of which no letter spoke.
    So has what came back after an exemption or a verified listing, and what another institute owed before.
    """
    told = Reminder.objects.filter(
        obligation=OuterRef("pk"),
        step=LetterStep.HEAD,
        deadline=Greatest(Coalesce(OuterRef("extended_to"), OuterRef("due_on")), OuterRef("calendar_from")),
        letter__day__lte=day - timedelta(days=DAYS_FROM_HEAD_TO_PUBLIC),
    )
    return overdue_on(day) & Q(Exists(told))


PUBLIC = "public"
ROWS_OF: Mapping[str, Condition] = {**FIGURES, PUBLIC: named_publicly_on}
"""What rows can be asked for: every figure of the tables, and the part of `overdue` that stands in the public table."""

GROUPS: Mapping[str, str] = {"institute": "institute", "ministry": "project__ministry", "year": "due_year"}
"""What the figures can be told by. The year is that of the date set by law, whatever delay was accepted."""


@dataclass(frozen=True)
class Choice:
    """Which duties are looked at; empty means all of them."""

    kind: str = DutyKind.LISTING
    institute: int | None = None
    ministry: str = ""
    year: int | None = None
    project: UUID | None = None


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

    Raises `KeyError` for a figure that is not in `ROWS_OF`.
    """
    return _chosen(user, choice).filter(ROWS_OF[figure](day))


def table(*, user: User | AnonymousUser, choice: Choice, day: date, by: str) -> list[Figures]:
    """The figures of every group, in one statement, by key. Raises `KeyError` for a group not in `GROUPS`."""
    return _grouped(_chosen(user, choice), day, by)


def _grouped(chosen: ObligationQuerySet, day: date, by: str) -> list[Figures]:
    chosen = chosen.filter(FIGURES["owed"](day))
    counts = {name: Count("pk", filter=condition(day)) for name, condition in FIGURES.items() if name != "owed"}
    grouped = chosen.annotate(due_year=ExtractYear("due_on")).values(key=F(GROUPS[by]))
    return [Figures(**row) for row in grouped.annotate(owed=Count("pk"), **counts).order_by("key")]


def total(groups: list[Figures]) -> Figures:
    """The sum of groups of one table."""
    return Figures(None, **{name: sum(getattr(group, name) for group in groups) for name in FIGURES})


@dataclass(frozen=True)
class PublicLine:
    """An institute in the public table: how many duties of it stand there, their oldest deadline, its figures."""

    institute: int
    late: int
    since: date
    figures: Figures


def public_rows(*, choice: Choice, day: date) -> ObligationQuerySet:
    """The duties that the public table counts, whoever asks. Only their number and dates are for everybody."""
    return _narrowed(Obligation.objects.of_public_projects(), choice).filter(named_publicly_on(day))


def public_table(*, choice: Choice, day: date) -> list[PublicLine]:
    """The institutes of `public_rows`, by key. Two statements: what is late, and the figures of these institutes."""
    late = public_rows(choice=choice, day=day).values("institute").annotate(late=Count("pk"), since=Min(CALENDAR_DAY))
    lines = {row["institute"]: row for row in late.order_by("institute")}
    of_them = _narrowed(Obligation.objects.of_public_projects(), choice).filter(institute__in=list(lines))
    figures = {group.key: group for group in _grouped(of_them, day, "institute")}
    return [PublicLine(key, row["late"], row["since"], figures[key]) for key, row in lines.items()]


def _chosen(user: User | AnonymousUser, choice: Choice) -> ObligationQuerySet:
    return _narrowed(Obligation.objects.visible_to(user), choice)


def _narrowed(found: ObligationQuerySet, choice: Choice) -> ObligationQuerySet:
    if choice.kind:
        found = found.filter(kind=choice.kind)
    if choice.institute is not None:
        found = found.filter(institute=choice.institute)
    if choice.ministry:
        found = found.filter(project__ministry=choice.ministry)
    if choice.project is not None:
        found = found.filter(project__public_id=choice.project)
    if choice.year is not None:
        found = found.filter(due_on__year=choice.year)
    return found
