"""The capability index: what is divided by what, normalised within peers, weighted, ranked. Pure and in integers.

The formula of the ministry is not public (domain-facts §7, §9 no. 6): indicators, weights and bands are an assumption,
kept as data in versions. Why it is so: docs/adr/0044.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError
from marketplace.core.money import BASIS_POINTS
from policy.enums.index import Area, Indicator, PeerGroup

SURVEYED = ("new_technologies", "research_expenditure_won", "office_staff")
RECORDED = ("registered", "transfers", "receipts_won")
PARTS: Mapping[str, tuple[str, str]] = {
    Indicator.STAFF_BY_TECHNOLOGIES: ("office_staff", "new_technologies"),
    Indicator.STAFF_BY_EXPENDITURE: ("office_staff", "research_expenditure_won"),
    Indicator.LISTED: ("registered", "new_technologies"),
    Indicator.ACQUIRED_BY_EXPENDITURE: ("new_technologies", "research_expenditure_won"),
    Indicator.TRANSFER_RATE: ("transfers", "new_technologies"),
    Indicator.PRODUCTIVITY: ("receipts_won", "research_expenditure_won"),
    Indicator.TRANSFERS_BY_STAFF: ("transfers", "office_staff"),
}
"""Numerator and denominator of each indicator: figures of one calendar year."""
AREA_OF: Mapping[str, str] = {
    Indicator.STAFF_BY_TECHNOLOGIES: Area.SUPPORT,
    Indicator.STAFF_BY_EXPENDITURE: Area.SUPPORT,
    Indicator.LISTED: Area.MANAGEMENT,
    Indicator.ACQUIRED_BY_EXPENDITURE: Area.MANAGEMENT,
    Indicator.TRANSFER_RATE: Area.RESULTS,
    Indicator.PRODUCTIVITY: Area.RESULTS,
    Indicator.TRANSFERS_BY_STAFF: Area.RESULTS,
}
MOST_BANDS = 10
MOST_POINTS_BP = 3_000


class BadScheme(DomainError):
    """The weights or bands cannot be computed with."""

    code = "bad_index_scheme"


@dataclass(frozen=True)
class Band:
    """Up to this rank within the peer group the rate of indirect cost is `points_bp` higher."""

    up_to_rank: int
    points_bp: int


@dataclass(frozen=True)
class Scheme:
    """A version of the index. Weights are basis points that add up to 10,000; bands go down the ranks.

    Who has less data than `least_complete_bp` of the weights gets no incentive.
    """

    weights: Mapping[str, int]
    bands: tuple[Band, ...]
    least_complete_bp: int

    def check(self) -> Self:
        """Itself. Raises `BadScheme` with the field at fault: `weights`, `bands` or `least_complete_bp`."""
        if set(self.weights) != set(PARTS) or any(not 0 <= bp <= BASIS_POINTS for bp in self.weights.values()):
            raise BadScheme(_("Give a weight from 0 to 100 percent for each indicator."), field="weights")
        if sum(self.weights.values()) != BASIS_POINTS:
            raise BadScheme(_("The weights must add up to 100 percent."), field="weights")
        ranks, points = [band.up_to_rank for band in self.bands], [band.points_bp for band in self.bands]
        if len(ranks) > MOST_BANDS or any(rank < 1 for rank in ranks) or ranks != sorted(set(ranks)):
            raise BadScheme(_("Name the ranks of the bands from the first down, each once."), field="bands")
        if any(not 0 <= bp <= MOST_POINTS_BP for bp in points) or points != sorted(points, reverse=True):
            raise BadScheme(_("A lower rank cannot bring more than a higher one."), field="bands")
        if not 0 <= self.least_complete_bp <= BASIS_POINTS:
            raise BadScheme(_("From 0 to 100 percent."), field="least_complete_bp")
        return self

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """From JSON. Raises `BadScheme`."""
        bands = tuple(Band(row["up_to_rank"], row["points_bp"]) for row in said["bands"])
        return cls(dict(said["weights"]), bands, said["least_complete_bp"]).check()

    def as_json(self) -> dict[str, Any]:
        return {
            "weights": {str(name): self.weights[name] for name in PARTS},
            "bands": [asdict(band) for band in self.bands],
            "least_complete_bp": self.least_complete_bp,
        }

    def points_bp(self, rank: int, complete_bp: int) -> int:
        """What the rank brings; nothing where too much is missing."""
        if complete_bp < self.least_complete_bp:
            return 0
        return next((band.points_bp for band in self.bands if rank <= band.up_to_rank), 0)


@dataclass(frozen=True)
class Entry:
    """An institute: `key` tells it apart and orders equals, `figures` by name; None where a figure is not known."""

    key: str
    group: str
    figures: Mapping[str, int | None]

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "group": str(self.group),
            "figures": {name: self.figures.get(name) for name in (*SURVEYED, *RECORDED)},
        }

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        return cls(said["key"], said["group"], said["figures"])


@dataclass(frozen=True)
class Part:
    """One indicator of an institute. `score_bp` is its share of the best of the peer group; None without data."""

    indicator: str
    weight_bp: int
    numerator: int | None
    denominator: int | None
    score_bp: int | None


@dataclass(frozen=True)
class Score:
    """`score_bp` of 10,000; `areas` are the parts of it by area, which add up to it but for rounding."""

    key: str
    group: str
    rank: int
    of: int
    score_bp: int
    areas: Mapping[str, int]
    complete_bp: int
    points_bp: int
    parts: tuple[Part, ...]


def ranked(entries: Iterable[Entry], scheme: Scheme) -> list[Score]:
    """Every institute with its score and rank within its peer group, by group, rank and key.

    An indicator's score is the institute's value as a share of the best in the group, rounded down; the best has
    10,000. One that cannot be computed (no answer, or nothing to divide by) counts as 0 and lowers `complete_bp`, the
    weight of what is known. Equal scores share a rank, and the next one is skipped (1, 1, 3). The order of `entries`
    makes no difference.
    """
    found: list[Score] = []
    by_group: dict[str, list[Entry]] = {}
    for entry in entries:
        by_group.setdefault(str(entry.group), []).append(entry)
    for group in sorted(by_group, key=_place_of):
        found += _of_group(group, sorted(by_group[group], key=lambda entry: entry.key), scheme)
    return found


def digest_of(entries: Iterable[Entry], scheme: Scheme) -> str:
    """Tells whether a ranking would be computed from the same figures by the same scheme."""
    said = {"entries": sorted((e.as_json() for e in entries), key=lambda e: e["key"]), "scheme": scheme.as_json()}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _place_of(group: str) -> tuple[int, str]:
    known = list(PeerGroup.values)
    return (known.index(group) if group in known else len(known), group)


def _value(entry: Entry, indicator: str) -> tuple[int | None, int | None]:
    numerator, denominator = PARTS[indicator]
    return entry.figures.get(numerator), entry.figures.get(denominator)


def _best(entries: Sequence[Entry], indicator: str) -> tuple[int, int] | None:
    """The largest fraction of the group; None where nobody has one."""
    best: tuple[int, int] | None = None
    for entry in entries:
        above, below = _value(entry, indicator)
        if above is not None and below and (best is None or above * best[1] > best[0] * below):
            best = (above, below)
    return best


def _of_group(group: str, entries: Sequence[Entry], scheme: Scheme) -> list[Score]:
    best = {indicator: _best(entries, indicator) for indicator in PARTS}
    rows = []
    for entry in entries:
        parts = tuple(_part(entry, indicator, scheme.weights[indicator], best[indicator]) for indicator in PARTS)
        total = sum(part.weight_bp * (part.score_bp or 0) for part in parts)
        rows.append((total // BASIS_POINTS, entry, parts))
    rows.sort(key=lambda row: (-row[0], row[1].key))
    scores = [row[0] for row in rows]
    return [
        _score(entry, group, scores.index(score_bp) + 1, len(rows), score_bp, parts, scheme)
        for score_bp, entry, parts in rows
    ]


def _part(entry: Entry, indicator: str, weight_bp: int, best: tuple[int, int] | None) -> Part:
    above, below = _value(entry, indicator)
    score: int | None = None
    if above is not None and below and best is not None:
        # above/below ÷ best: one division at the end, so that nothing is rounded twice.
        score = above * best[1] * BASIS_POINTS // (below * best[0]) if best[0] else 0
    return Part(indicator, weight_bp, above, below, score)


def _score(
    entry: Entry, group: str, rank: int, of: int, score_bp: int, parts: tuple[Part, ...], scheme: Scheme
) -> Score:
    areas = {
        str(area): sum(p.weight_bp * (p.score_bp or 0) for p in parts if AREA_OF[p.indicator] == area) // BASIS_POINTS
        for area in Area
    }
    complete = sum(part.weight_bp for part in parts if part.score_bp is not None)
    points = scheme.points_bp(rank, complete)
    return Score(entry.key, group, rank, of, score_bp, areas, complete, points, parts)
