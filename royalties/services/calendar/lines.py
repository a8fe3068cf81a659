"""What a contract asks for, line by line, on a day: from its versions of terms and what was reported. No database.

Sums and days come from `deals.terms`; here they are put on years, and years on the version that held at their end.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from deals.terms import Method, Terms, YearRoyalty, instalment_due_on, royalties, royalty_due_on
from royalties.enums.calendar import DueKind


@dataclass(frozen=True)
class Version:
    """Terms that hold from `holds_from` on."""

    pk: int
    holds_from: date
    terms: Terms


@dataclass(frozen=True)
class Sales:
    """Net sales of a year as reported; until the holder accepts them they count only after the due day."""

    net_won: int
    is_accepted: bool


@dataclass(frozen=True)
class Facts:
    """A contract as its calendar sees it. `versions` in their order; both days of the term belong to it.

    `ends_on` is the last day by the contract, or the one on which it was ended. `start_extended`: the firm has said
    why production starts later.
    """

    signed_on: date
    ends_on: date | None
    is_ended: bool
    versions: Sequence[Version]
    sales: Mapping[int, Sales] = field(default_factory=dict)
    start_extended: bool = False


@dataclass(frozen=True)
class Line:
    """`amount_won` None: not known yet. `is_owed` False: it depends on being reached."""

    key: str
    kind: DueKind
    version: int
    due_on: date
    amount_won: int | None = None
    year: int | None = None
    is_owed: bool = True


def lines(facts: Facts, day: date) -> list[Line]:
    """Everything that is asked for, up to the reports of the year of `day`."""
    return [*_fixed(facts), *_yearly(facts, day)]


def _fixed(facts: Facts) -> Iterator[Line]:
    """A price once agreed stays owed when the contract ends; what was only to be reached does not."""
    now = facts.versions[-1]
    terms, signed_on = now.terms, facts.signed_on
    if terms.upfront_won:
        yield Line("upfront", DueKind.UPFRONT, now.pk, signed_on, terms.upfront_won)
    for place, each in enumerate(terms.instalments, start=1):
        due_on = instalment_due_on(signed_on, each.months)
        yield Line(f"instalment:{place}", DueKind.INSTALMENT, now.pk, due_on, each.won)
    for milestone in terms.milestones:
        due_on = instalment_due_on(signed_on, milestone.month)
        key = f"milestone:{milestone.key}"
        yield Line(key, DueKind.MILESTONE, now.pk, due_on, milestone.won, is_owed=False)
    if terms.method == Method.SWAP:
        yield Line("start", DueKind.START, now.pk, terms.swap_days(signed_on)[facts.start_extended])


def _yearly(facts: Facts, day: date) -> Iterator[Line]:
    last = min(day, facts.ends_on) if facts.ends_on else day
    owed = owed_by_year(facts, last.year, day)
    for year in range(facts.signed_on.year, last.year + 1):
        version = version_of(facts, year)
        due_on = royalty_due_on(version.terms, year)
        yield Line(f"usage:{year}", DueKind.USAGE, version.pk, due_on, year=year)
        if not version.terms.has_running:
            continue
        yield Line(f"statement:{year}", DueKind.STATEMENT, version.pk, due_on, year=year)
        is_known, is_late = known_won(facts, year, day) is not None, day > due_on
        royalty = owed[year]
        running = royalty.running_won + royalty.recovery_won if is_known else None
        yield Line(f"running:{year}", DueKind.RUNNING, version.pk, due_on, running, year)
        if minimum_of(facts, version, year):
            # Nothing reported by the day means that nothing is taken off the minimum.
            least = royalty.minimum_won if is_known or is_late else None
            yield Line(f"minimum:{year}", DueKind.MINIMUM, version.pk, due_on, least, year)


def known_won(facts: Facts, year: int, day: date) -> int | None:
    """Net sales of the year as far as royalty is counted from them on `day`: accepted, or reported and due by now."""
    sales = facts.sales.get(year)
    if sales is None:
        return None
    due_on = royalty_due_on(version_of(facts, year).terms, year)
    return sales.net_won if sales.is_accepted or day > due_on else None


def version_of(facts: Facts, year: int) -> Version:
    """The terms of a year are those of its last day, or of the contract's."""
    end = date(year, 12, 31)
    end = min(end, facts.ends_on) if facts.ends_on else end
    held = [each for each in facts.versions if each.holds_from <= end]
    return held[-1] if held else facts.versions[0]


def minimum_of(facts: Facts, version: Version, year: int) -> int:
    """What is owed at least for the year: only full calendar years have a minimum."""
    terms, last = version.terms, date(year, 12, 31)
    is_full = facts.ends_on is None or facts.ends_on >= last
    return terms.minimum_won if is_full and year >= facts.signed_on.year + terms.minimum_from_year else 0


def owed_by_year(facts: Facts, until_year: int, day: date) -> dict[int, YearRoyalty]:
    """The royalty of each year by the terms of that year; cap and discount remember the years before, also those
    under other terms.
    """
    found: dict[int, YearRoyalty] = {}
    counted = recovered = 0
    for year in range(facts.signed_on.year, until_year + 1):
        version = version_of(facts, year)
        sold = known_won(facts, year, day) or 0
        royalty = _of_year(facts, version, year, sold, counted, recovered)
        counted += royalty.running_won + royalty.minimum_won
        recovered += royalty.recovery_won
        found[year] = royalty
    return found


def _of_year(facts: Facts, version: Version, year: int, sold: int, counted: int, recovered: int) -> YearRoyalty:
    """One year, asked of `deals.terms` with what the years before have left of cap and discount."""
    terms = version.terms
    left_of_cap = max(terms.cap_won - counted, 0) if terms.cap_won else None
    if left_of_cap == 0:
        return YearRoyalty(year, sold, 0, 0, 0, 0, max(terms.swap_discount_won - recovered, 0))
    alone = replace(
        terms,
        cap_won=left_of_cap or 0,
        swap_discount_won=max(terms.swap_discount_won - recovered, 0),
        minimum_won=minimum_of(facts, version, year),
        minimum_from_year=0,
    )
    return royalties(alone, {year: sold}, date(year, 1, 1), until_year=year)[-1]
