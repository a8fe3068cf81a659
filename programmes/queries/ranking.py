"""How a call's eligible applications rank, and whom the money reaches. The same for a proposal and for a “what if”.

Order: average of the scores that were handed in by members of the panel, highest first; then the averages by
criterion, in the order of the call; then who submitted earlier; then the receipt number. Without a panel: who
submitted earlier. Whom the money no longer reaches in this order, and everybody after, is on the reserve list: nobody
is selected past somebody better.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from programmes.enums.applications import ApplicationState
from programmes.enums.review import PanelistState
from programmes.models import Application, ApplicationFlag, Call, Score
from programmes.scheme import Scheme, StageKind

S = ApplicationState
GRANTED = (S.SELECTED, S.AGREED)

BELOW_PASS = gettext_noop("The average is below the pass mark.")
FIRM_CAP = gettext_noop("With this award the firm and its relatives would be above their cap.")
NO_MONEY = gettext_noop("The budget does not reach this place of the ranking.")
LIST_FULL = gettext_noop("The budget does not reach this place, and the reserve list is full.")


@dataclass(frozen=True)
class Candidate:
    """An eligible application. `average` and `parts` (by criterion) are in hundredths of a point, None unscored."""

    pk: int
    number: str
    organization: int
    submitted_at: datetime
    government_won: int
    own_won: int
    scores: int = 0
    average: int | None = None
    parts: tuple[int, ...] = ()
    group: int = 0


@dataclass(frozen=True)
class Line:
    candidate: Candidate
    rank: int
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Ground:
    """What a ranking is made from."""

    budget_won: int
    promised_won: int
    pass_points: int
    reserve_places: int
    award_won: int
    firm_won: int | None
    has_panel: bool

    @property
    def left_won(self) -> int:
        return max(0, self.budget_won - self.promised_won)


def ground_of(call: Call, scheme: Scheme) -> Ground:
    return Ground(
        budget_won=call.budget_won, promised_won=promised_won(call), pass_points=scheme.pass_points,
        reserve_places=scheme.reserve_places, award_won=scheme.caps.award_won, firm_won=scheme.caps.firm_won,
        has_panel=any(stage.kind == StageKind.PANEL for stage in scheme.stages),
    )  # fmt: skip


def promised_won(call: Call) -> int:
    """Government money of those who are selected, or have signed."""
    rows = call.applications.filter(state__in=GRANTED).aggregate(sum=Sum("government_won"))
    return rows["sum"] or 0


def candidates_of(call: Call, scheme: Scheme) -> list[Candidate]:
    """All eligible applications with their scores, in three questions."""
    rows = call.applications.filter(state=S.ELIGIBLE).values_list(
        "pk", "number", "organization", "submitted_at", "government_won", "own_won"
    )
    points = _points(call)
    keys = [each.key for each in scheme.criteria]
    groups = _groups(call)
    found = []
    for pk, number, organization, submitted_at, government_won, own_won in rows:
        given = points.get(pk, [])
        found.append(
            Candidate(
                pk, number, organization, submitted_at, min(government_won or 0, scheme.caps.award_won), own_won or 0,
                len(given), _mean([sum(each.values()) for each in given]),
                tuple(_mean([each.get(key, 0) for each in given]) or 0 for key in keys), groups.get(pk, pk),
            )
        )  # fmt: skip
    return found


def _points(call: Call) -> dict[int, list[dict[str, int]]]:
    """By application the points that members of the panel handed in; not of those who were taken out."""
    rows = Score.objects.filter(
        application__call=call, handed_in_at__isnull=False, panelist__state=PanelistState.ACCEPTED
    )
    found: dict[int, list[dict[str, int]]] = defaultdict(list)
    for application, points in rows.values_list("application", "points"):
        found[application].append(points)
    return found


def _mean(values: Sequence[int]) -> int | None:
    """In hundredths, rounded half up, in whole numbers."""
    return (200 * sum(values) + len(values)) // (2 * len(values)) if values else None


def _groups(call: Call) -> dict[int, int]:
    """Applications whose firms may be one and the same, by the flags that were found: each with the key of its group.

    A flag that was looked into still counts for the cap: relatives share it.
    """
    top: dict[int, int] = {}

    def find(key: int) -> int:
        while top.setdefault(key, key) != key:
            key = top[key]
        return key

    for one, other in ApplicationFlag.objects.filter(application__call=call).values_list("application", "other"):
        top[max(find(one), find(other))] = min(find(one), find(other))
    return {key: find(key) for key in top}


def awards_before(call: Call, scheme: Scheme, organizations: Iterable[int], at: datetime) -> dict[int, int]:
    """What each of these firms was granted in all calls within the years of the cap, this call's grants included."""
    since = at - timedelta(days=365 * scheme.caps.firm_years)
    rows = Application.objects.filter(
        organization__in=list(organizations), state__in=GRANTED, decided_at__gte=since, call__is_rehearsal=False
    )
    sums = rows.order_by().values("organization").annotate(sum=Sum("government_won"))
    return {each["organization"]: each["sum"] for each in sums}


def rank(candidates: Iterable[Candidate], ground: Ground, before: dict[int, int]) -> list[Line]:
    """Everybody's place and outcome. Pure; the same input in any order gives the same list."""
    left, reserve, is_spent = ground.left_won, 0, False
    of_group: dict[int, int] = defaultdict(int)
    lines = []
    for place, each in enumerate(sorted(candidates, key=_key), start=1):
        line = Line(each, place, S.SELECTED)
        of_firm = before.get(each.organization, 0) + of_group[each.group] + each.government_won
        if ground.has_panel and (each.average is None or each.average < ground.pass_points * 100):
            line = replace(line, outcome=S.NOT_SELECTED, reason=BELOW_PASS)
        elif ground.firm_won is not None and of_firm > ground.firm_won:
            line = replace(line, outcome=S.NOT_SELECTED, reason=FIRM_CAP)
        elif is_spent or each.government_won > left:
            is_spent = True
            reserve += 1
            fits = reserve <= ground.reserve_places
            line = replace(line, outcome=S.RESERVE if fits else S.NOT_SELECTED, reason=NO_MONEY if fits else LIST_FULL)
        else:
            left -= each.government_won
            of_group[each.group] += each.government_won
        lines.append(line)
    return lines


def _key(each: Candidate) -> Any:
    return (-(each.average or 0), tuple(-part for part in each.parts), each.submitted_at, each.number)


def digest_of(lines: Iterable[tuple[str, int, int | None, str, int, int, str]]) -> str:
    """SHA-256 of (receipt number, rank, average, outcome, government_won, own_won, reason) of each line, by rank."""
    text = json.dumps(sorted(lines, key=lambda line: line[1]), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def reason_in_words(reason: str) -> str:
    """The stored reason in the reader's language."""
    return _(reason) if reason else ""
