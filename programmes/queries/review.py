"""What the pages of the review read."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Avg, Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from accounts.roles import Permission, organizations_with
from programmes.enums.applications import ApplicationState
from programmes.enums.review import ObjectionState, PanelistState, SelectionState
from programmes.models import (
    Application,
    ApplicationFlag,
    Call,
    Declaration,
    Objection,
    Panelist,
    Score,
    Selection,
    SelectionLine,
)
from programmes.queries.ties import own_firms
from programmes.registry import refusal
from programmes.scheme import Words

S = ApplicationState
ON_PANEL = (PanelistState.INVITED, PanelistState.ACCEPTED)
TABS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "check": (_("To check"), (S.SUBMITTED,)),
    "completion": (_("To be completed"), (S.COMPLETION,)),
    "panel": (_("Eligible"), (S.ELIGIBLE,)),
    "selected": (pgettext_lazy("applications", "Selected"), (S.SELECTED, S.AGREED)),
    "reserve": (_("Reserve list"), (S.RESERVE,)),
    "refused": (pgettext_lazy("applications", "Refused"), (S.INELIGIBLE, S.NOT_SELECTED)),
    "over": (pgettext_lazy("applications", "Over"), (S.LAPSED, S.WITHDRAWN)),
}
"""What officers go through, and in which states it is."""

HANDED_IN = tuple(state for _label, states in TABS.values() for state in states)


def calls_of(user: User) -> QuerySet[Call]:
    """The calls of the offices for which the person reviews, with what waits in each: one question."""
    offices = [each.pk for each in organizations_with(user, Permission.REVIEW_APPLICATIONS)]
    of_state = {
        name: Count("applications", filter=Q(applications__state__in=TABS[name][1]))
        for name in ("check", "completion", "panel", "selected")
    }
    rows = Call.objects.filter(office__in=offices).exclude(published_at=None).annotate(**{
        f"in_{name}": counted for name, counted in of_state.items()
    })  # fmt: skip
    return rows.select_related("office").order_by("-closes_at", "-pk")


def queue(call: Call, user: User | None = None) -> QuerySet[Application]:
    """What was handed in under a call, by its deadline: the day of a completion, then who waits the longest. Shown to
    a `user` without `own_firms`."""
    open_flags = ApplicationFlag.objects.filter(application=OuterRef("pk"), cleared_at=None)
    rows = call.applications.filter(state__in=HANDED_IN).select_related("organization")
    if user is not None:
        rows = rows.exclude(organization__in=own_firms(user))
    return rows.annotate(is_flagged=Exists(open_flags)).order_by("complete_by", "submitted_at", "pk")


def counts_by_tab(rows: QuerySet[Application]) -> dict[str, int]:
    """How many stand in each tab, in one question."""
    counted = dict(rows.order_by().values_list("state").annotate(many=Count("pk")))
    return {name: sum(counted.get(state, 0) for state in states) for name, (_label, states) in TABS.items()}


def office_page(user: User) -> QuerySet[Application]:
    """One application for an officer of the call's office, as `visible_to` gives it, without those of `own_firms`."""
    offices = [each.pk for each in organizations_with(user, Permission.VIEW_ORGANIZATION)]
    rows = Application.objects.visible_to(user).filter(call__office__in=offices, state__in=HANDED_IN)
    return rows.exclude(organization__in=own_firms(user)).select_related(
        "call__office", "call__current", "version", "organization", "transfer", "submitted_by", "decided_by"
    )


def neighbours(application: Application, states: tuple[str, ...], user: User) -> tuple[Any, Any]:
    """The public ids before and after it in the queue of these states, by the queue's order; None at an end."""
    rows = application.call.applications.filter(state__in=states).exclude(pk=application.pk)
    rows = rows.exclude(organization__in=own_firms(user))
    here = Q(submitted_at__lt=application.submitted_at) | Q(
        submitted_at=application.submitted_at, pk__lt=application.pk
    )
    before = rows.filter(here).order_by("-submitted_at", "-pk").values_list("public_id", flat=True).first()
    after = rows.filter(~here).order_by("submitted_at", "pk").values_list("public_id", flat=True).first()
    return before, after


def scores_of(application: Application) -> QuerySet[Score]:
    """What was handed in, by whom: for officers."""
    rows = application.scores.filter(handed_in_at__isnull=False).select_related("panelist__user")
    return rows.order_by("handed_in_at", "pk")


def seats_of(call: Call) -> QuerySet[Panelist]:
    """The panel with how far each member is: declarations, ties, scores kept and handed in."""
    return (
        call.panelists.select_related("user", "invited_by")
        .annotate(
            declared=Count("declarations", distinct=True),
            tied=Count("declarations", filter=Q(declarations__has_conflict=True), distinct=True),
            handed_in=Count("scores", filter=Q(scores__handed_in_at__isnull=False), distinct=True),
            average=Avg("scores__total", filter=Q(scores__handed_in_at__isnull=False)),
        )
        .order_by("pk")
    )


def to_score(panelist: Panelist) -> QuerySet[Application]:
    """The eligible applications of the member's call, with what it has said of each. What it has to do comes first.

    `said`: `open` (nothing declared), `tied`, `free` (declared, to be scored), `kept`, `handed_in`.
    """
    declared = Declaration.objects.filter(panelist=panelist, application=OuterRef("pk"))
    scores = Score.objects.filter(panelist=panelist, application=OuterRef("pk"))
    rows = panelist.call.applications.filter(Q(state=S.ELIGIBLE) | Exists(declared)).select_related("organization")
    rows = rows.annotate(
        said=Case(
            When(Exists(scores.filter(handed_in_at__isnull=False)), then=Value("handed_in")),
            When(Exists(scores), then=Value("kept")),
            When(Exists(declared.filter(has_conflict=True)), then=Value("tied")),
            When(Exists(declared), then=Value("free")),
            default=Value("open"),
            output_field=CharField(),
        ),
        place=Case(
            When(Exists(scores.filter(handed_in_at__isnull=False)), then=3),
            When(Exists(declared.filter(has_conflict=True)), then=4),
            When(Exists(scores), then=1),
            When(Exists(declared), then=2),
            default=0,
        ),
    )
    return rows.order_by("place", "submitted_at", "pk")


def stages_of(selection: Selection) -> list[dict[str, Any]]:
    """Who has and who has not acted: each stage of the selection with its approval, or None, and whether it is next."""
    made = {each.position: each for each in selection.approvals.select_related("by")}
    is_open = selection.state == SelectionState.PROPOSED
    next_one = len(made) + 1
    return [
        {
            "position": place,
            "words": Words(**stage["words"]),
            "role": stage["role"],
            "approval": made.get(place),
            "is_next": is_open and place == next_one,
        }
        for place, stage in enumerate(selection.basis["stages"], start=1)
    ]


def lines_shown(selection: Selection, user: User) -> QuerySet[SelectionLine]:
    """The list for an officer, by rank, without `own_firms`, which learn it when it is published."""
    rows = selection.lines.exclude(application__organization__in=own_firms(user))
    return rows.select_related("application__organization").order_by("rank")


def own_lines(call: Call, user: User) -> set[int]:
    """Applications of `own_firms` under a call (primary keys): a ranking is shown without them."""
    firms = own_firms(user)
    return set(call.applications.filter(organization__in=firms).values_list("pk", flat=True)) if firms else set()


def lines_left(selection: Selection) -> QuerySet[SelectionLine]:
    """Of a selection that is being published: lines whose applications have not got their outcome yet."""
    return selection.lines.filter(application__state=S.ELIGIBLE)


@dataclass(frozen=True)
class Progress:
    """How far the publication of a selection is, in applications. `stopped` says what is in the way."""

    total: int
    left: int
    stopped: str

    @property
    def done(self) -> int:
        return self.total - self.left


def progress_of(selection: Selection) -> Progress | None:
    """None for a selection that is not being published."""
    if selection.state != SelectionState.PUBLISHING:
        return None
    stopped = refusal(selection.stopped, selection.stopped_params)
    if number := selection.stopped_params.get("application"):
        stopped = f"{number}: {stopped}"
    return Progress(selection.lines.count(), lines_left(selection).count(), stopped)


def compared(selection: Selection, user: User) -> list[dict[str, Any]]:
    """What differs from the selection that was proposed before this one: rank or outcome, at most 200 lines of
    `lines_shown`."""
    earlier = selection.call.selections.filter(serial__lt=selection.serial).order_by("-serial").first()
    if earlier is None:
        return []
    before = {each.application_id: each for each in lines_shown(earlier, user)}
    found = []
    for line in lines_shown(selection, user):
        old = before.pop(line.application_id, None)
        if old is None or (old.rank, old.outcome) != (line.rank, line.outcome):
            found.append({"application": line.application, "before": old, "now": line})
    found += [{"application": each.application, "before": each, "now": None} for each in before.values()]
    return found[:200]


def objections_of(user: User) -> QuerySet[Objection]:
    """Of the offices for which the person reviews, without those of `own_firms`: open ones first, by their day."""
    offices = [each.pk for each in organizations_with(user, Permission.REVIEW_APPLICATIONS)]
    rows = Objection.objects.visible_to(user).filter(application__call__office__in=offices)
    rows = rows.exclude(application__organization__in=own_firms(user))
    is_open = Case(When(state=ObjectionState.OPEN, then=0), default=1)
    return rows.select_related("application__organization", "application__call").order_by(
        is_open, "answer_due_on", "pk"
    )


def open_objections(user: User, today: date) -> dict[str, int]:
    """How many wait for an answer, and how many of them past their day."""
    rows = objections_of(user).filter(state=ObjectionState.OPEN)
    return rows.order_by().aggregate(open=Count("pk"), late=Count("pk", filter=Q(answer_due_on__lt=today)))


def sits_on_panels(user: User) -> bool:
    """Whether the menu shows the panels. Every page asks it: one look into the index of panel members by person.

    Not kept in the cache: that is a look too, and every page would then ask more the first time than the second.
    Nor with the memberships: most panel members are of no organization.
    """
    return Panelist.objects.filter(user=user, state__in=ON_PANEL).exists()


def my_panels(user: User) -> QuerySet[Panelist]:
    rows = Panelist.objects.filter(user=user, state__in=ON_PANEL)
    return rows.select_related("call__office").order_by("call__closes_at", "pk")
