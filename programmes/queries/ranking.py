"""How a call's eligible applications rank, and whom the money reaches. The same for a proposal and for a “what if”.

Order: average of the scores that were handed in by members of the panel, highest first; then the averages by
criterion, in the order of the call; then who submitted earlier; then the receipt number. Without a panel: who
submitted earlier. Whom the money no longer reaches in this order, and everybody after, is on the reserve list: nobody
is selected past somebody better.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.relations import families_of
from programmes.enums.applications import ApplicationState
from programmes.enums.review import PanelistState, SelectionState
from programmes.models import Call, Score, SelectionLine
from programmes.queries.cap_shares import GRANTED, Shares, shares_of
from programmes.registry import refused_on
from programmes.scheme import Scheme, StageKind

S = ApplicationState

NO_SCORES = gettext_noop("Scores are missing: no member of the panel has handed one in.")
BELOW_PASS = gettext_noop("The average is below the pass mark.")
FIRM_CAP = gettext_noop("With this award the firm and its relatives would be above their cap.")
FIRM_UNKNOWN = gettext_noop("The firm has not said who stands behind it, so its cap cannot be counted.")
REFUSED = gettext_noop("The firm is excluded from programmes, or owes money that was asked back.")
NO_MONEY = gettext_noop("The budget does not reach this place of the ranking.")
LIST_ENDED = gettext_noop("The call was closed, and with it the reserve list.")
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
    """Government money of those who are selected, have signed, or are on a list that is being published."""
    rows = call.applications.filter(state__in=GRANTED).aggregate(sum=Sum("government_won"))
    to_come = SelectionLine.objects.filter(
        selection__call=call, selection__state=SelectionState.PUBLISHING, outcome=S.SELECTED,
        application__state=S.ELIGIBLE,
    ).aggregate(sum=Sum("government_won"))  # fmt: skip
    return (rows["sum"] or 0) + (to_come["sum"] or 0)


def candidates_of(call: Call, scheme: Scheme) -> list[Candidate]:
    """All eligible applications with their scores, in three questions."""
    rows = call.applications.filter(state=S.ELIGIBLE).values_list(
        "pk", "number", "organization", "submitted_at", "government_won", "own_won"
    )
    points = _points(call)
    keys = [each.key for each in scheme.criteria]
    found = []
    for pk, number, organization, submitted_at, government_won, own_won in rows:
        given = points.get(pk, [])
        found.append(
            Candidate(
                pk, number, organization, submitted_at, min(government_won or 0, scheme.caps.award_won), own_won or 0,
                len(given), _mean([sum(each.values()) for each in given]),
                tuple(_mean([each.get(key, 0) for each in given]) or 0 for key in keys),
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


def ranking_of(call: Call, scheme: Scheme, at: datetime, ground: Ground | None = None) -> list[Line]:
    """The ranking as it is now, or as it would be on another `ground`."""
    candidates = candidates_of(call, scheme)
    shares = shares_of(call, scheme, {each.organization for each in candidates}, at)
    refused = families_of(refused_on(timezone.localdate(at)))
    return rank(candidates, ground or ground_of(call, scheme), shares, refused)


def rank(
    candidates: Iterable[Candidate], ground: Ground, shares: Shares, refused: Collection[int] = frozenset()
) -> list[Line]:
    """Everybody's place and outcome; who is `refused` (organizations) gets nothing. Pure; the same input in any order
    gives the same list."""
    left, reserve, is_spent = ground.left_won, 0, False
    caps = _Caps(ground.firm_won, shares)
    lines = []
    for place, each in enumerate(sorted(candidates, key=_key), start=1):
        line = Line(each, place, S.SELECTED)
        if ground.has_panel and each.average is None:
            line = replace(line, outcome=S.NOT_SELECTED, reason=NO_SCORES)
        elif ground.has_panel and each.average is not None and each.average < ground.pass_points * 100:
            line = replace(line, outcome=S.NOT_SELECTED, reason=BELOW_PASS)
        elif each.organization in refused:
            line = replace(line, outcome=S.NOT_SELECTED, reason=REFUSED)
        elif why := caps.why_not(each):
            line = replace(line, outcome=S.NOT_SELECTED, reason=why)
        elif is_spent or each.government_won > left:
            is_spent = True
            reserve += 1
            fits = reserve <= ground.reserve_places
            line = replace(line, outcome=S.RESERVE if fits else S.NOT_SELECTED, reason=NO_MONEY if fits else LIST_FULL)
        else:
            left -= each.government_won
            caps.count(each)
        lines.append(line)
    return lines


class _Caps:
    """What each firm and its relatives would have, while the list is filled from the top."""

    def __init__(self, most_won: int | None, shares: Shares) -> None:
        self.most_won, self.shares = most_won, shares
        self.sums = defaultdict(int, shares.before)
        self.selected: set[int] = set()

    def why_not(self, each: Candidate) -> str:
        """Neither the firm nor a relative that is selected already may come above the cap by it."""
        if self.most_won is None:
            return ""
        if each.organization in self.shares.unknown:
            return FIRM_UNKNOWN
        touched = {each.organization} | (self.selected & self._relatives(each))
        return FIRM_CAP if any(self.sums[key] + each.government_won > self.most_won for key in touched) else ""

    def count(self, each: Candidate) -> None:
        self.selected.add(each.organization)
        for key in {each.organization} | self._relatives(each):
            self.sums[key] += each.government_won

    def _relatives(self, each: Candidate) -> frozenset[int]:
        return self.shares.relatives.get(each.organization, frozenset())


def _key(each: Candidate) -> Any:
    return (-(each.average or 0), tuple(-part for part in each.parts), each.submitted_at, each.number)


def digest_of(lines: Iterable[tuple[str | None, int, int | None, str, int, int, str]]) -> str:
    """SHA-256 of (receipt number, rank, average, outcome, government_won, own_won, reason) of each line, by rank."""
    text = json.dumps(sorted(lines, key=lambda line: line[1]), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def reason_in_words(reason: str) -> str:
    """The stored reason in the reader's language."""
    return _(reason) if reason else ""
