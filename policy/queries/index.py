"""What the capability index is computed from, what it would say now, and what was published."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from accounts.enums import InstituteKind
from accounts.models import Organization
from policy.enums.index import PeerGroup
from policy.models import IndexWeights, PeerPlacement, Ranking, RankingLine, SurveyAnswer
from policy.queries.survey import OwnRecords, counted_of, institutes, own_records
from policy.scheme.index import RECORDED, SURVEYED, Entry, Scheme, Score, digest_of, ranked

DEFAULT_GROUPS: Mapping[str, str] = {
    InstituteKind.UNIVERSITY: PeerGroup.EDUCATION,
    InstituteKind.NATIONAL: PeerGroup.INFRASTRUCTURE,
    InstituteKind.GOVERNMENT_FUNDED: PeerGroup.BASIC,
    InstituteKind.OTHER: PeerGroup.COMMERCIALIZATION,
}
"""Assumption: facts §7 names the groups and one institute of each, not who belongs where. Officers place by hand."""


@dataclass(frozen=True)
class Computed:
    """A ranking as it would be published now. `institutes` by the key of their entry (`public_id`)."""

    year: int
    scheme: Scheme
    entries: tuple[Entry, ...]
    scores: tuple[Score, ...]
    digest: str
    institutes: Mapping[str, Organization]


def groups_of(organizations: Iterable[Organization]) -> dict[int, str]:
    """The peer group of each, by primary key: where an officer put it, else that of its kind."""
    rows = list(organizations)
    placed = PeerPlacement.objects.current().filter(institute__in=[each.pk for each in rows])
    by_hand = dict(placed.values_list("institute", "group"))
    return {each.pk: by_hand.get(each.pk) or str(DEFAULT_GROUPS[each.institute_kind]) for each in rows}


def figures_for(answer: Any, own: OwnRecords) -> dict[str, int | None]:
    """What the index divides: surveyed figures (None without an answer) and what the platform recorded. Both are of the
    institute and of what was merged into it."""
    surveyed = {name: getattr(answer, name) if answer else None for name in SURVEYED}
    return surveyed | {name: getattr(own, name) for name in RECORDED}


def compute(year: int, weights: IndexWeights) -> Computed:
    """From accepted answers and the platform's own records, of every institute that stands. Five questions."""
    rows = list(institutes())
    groups, answers = groups_of(rows), counted_of(year)
    own = own_records([each.pk for each in rows], year)
    entries = tuple(
        Entry(str(each.public_id), groups[each.pk], figures_for(answers.get(each.pk), own[each.pk])) for each in rows
    )
    scheme = weights.plan
    return Computed(
        year,
        scheme,
        entries,
        tuple(ranked(entries, scheme)),
        digest_of(entries, scheme),
        {str(each.public_id): each for each in rows},
    )


def years_to_rank() -> list[int]:
    """Years with an accepted answer, the newest first."""
    return list(SurveyAnswer.objects.current().order_by("-year").values_list("year", flat=True).distinct())


def ranked_years() -> list[int]:
    """Years with a published ranking, the newest first."""
    return list(Ranking.objects.order_by("-year").values_list("year", flat=True).distinct())


def ranking_of(year: int) -> Ranking | None:
    """The version of the year's ranking that holds."""
    return Ranking.objects.current().filter(year=year).select_related("weights").first()


def line_of(institute: Organization, year: int) -> RankingLine | None:
    """The institute in the ranking of the year that holds, under the name it was ranked by."""
    ranking = ranking_of(year)
    if ranking is None:
        return None
    return ranking.lines.for_list().filter(institute=institute).first()  # type: ignore[attr-defined,no-any-return]


def what_if(line: RankingLine, given: Mapping[str, int | None]) -> tuple[Score, Score]:
    """The institute's score as published, and with `given` instead of its figures. Peers keep theirs; nothing stored.

    A figure that `given` leaves out stays as it is.
    """
    ranking = line.ranking
    entries = [Entry.of(row) for row in ranking.inputs]
    key = str(line.institute.public_id)
    scheme = ranking.weights.plan
    changed = [replace(entry, figures={**entry.figures, **given}) if entry.key == key else entry for entry in entries]
    return _score(entries, scheme, key), _score(changed, scheme, key)


def own_inputs(line: RankingLine) -> dict[str, int | None]:
    """What the ranking was computed from, for this institute."""
    key = str(line.institute.public_id)
    return next(dict(row["figures"]) for row in line.ranking.inputs if row["key"] == key)


def _score(entries: Iterable[Entry], scheme: Scheme, key: str) -> Score:
    return next(score for score in ranked(entries, scheme) if score.key == key)
