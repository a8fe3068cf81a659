"""How a non-profit holder shares out royalty that it received (facts §4.4).

The institute's own shares make the parts; where a part is under what the law asks at least, it is raised, and the rest
is lowered for it. Two laws ask: the Innovation Act prevails where government money was in the research (its art. 4),
else the Transfer Act. What the other one asks is shown beside it, and is not enforced. Of a technology that was donated
to the institute neither asks: its donor and its developers have floors of their own (Transfer Act decree art. 25-2).

The government's share of a royalty is royalty x government money / total money. A broken won of a floor is dropped
(원 미만 절사), and taken of the exact share, not of a rounded one: so the floors never ask for more than there is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError
from marketplace.core.money import BASIS_POINTS, split_exactly
from royalties.enums.rules import PEOPLE_POTS, Pot, ShareBase, SharingLaw, uses_of

TAKEN_FIRST = Pot.REST


@dataclass(frozen=True)
class Floor:
    """`pots` get at least `least_bp` of the base, all of them together."""

    pots: tuple[str, ...]
    least_bp: int


@dataclass(frozen=True)
class DistributionRule:
    """A version of a law on sharing. No pot stands in two of its floors, and they ask for at most the whole base."""

    law: str
    base: str
    floors: tuple[Floor, ...]
    label: str = ""
    effective_from: date | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "DistributionRule":
        """From a row of `data/sharing_rules.json`, or of the table, as a mapping."""
        floors = tuple(Floor(tuple(floor["pots"]), floor["least_bp"]) for floor in row["floors"])
        return cls(row["law"], row["base"], floors, row["label"], row["effective_from"])

    def __post_init__(self) -> None:
        named = [pot for floor in self.floors for pot in floor.pots]
        if len(named) != len(set(named)) or not set(named) <= set(Pot.values):
            raise ValueError("a pot stands in two floors, or is not known")
        if sum(floor.least_bp for floor in self.floors) > BASIS_POINTS or any(f.least_bp < 0 for f in self.floors):
            raise ValueError("floors ask for more than there is, or for less than nothing")


@dataclass(frozen=True)
class Funding:
    """The money of the research behind a technology. 0 of the government's: it was not national R&D."""

    government_won: int
    total_won: int

    def __post_init__(self) -> None:
        if not 0 <= self.government_won <= self.total_won or not self.total_won:
            raise DomainError(_("The government's money is a part of all the money of the project."), field="total_won")

    def share_won(self, royalty_won: int) -> int:
        """The government's share of a royalty, fractions of a won dropped; for people to read."""
        return royalty_won * self.government_won // self.total_won


@dataclass(frozen=True)
class FloorWon:
    """What a law asks for `pots` together of one receipt, in won."""

    law: str
    label: str
    pots: tuple[str, ...]
    least_bp: int
    least_won: int
    is_binding: bool

    def missing_won(self, amounts: Mapping[str, int]) -> int:
        """What `amounts` (won by pot) fall short of it; 0 where they do not."""
        return max(0, self.least_won - sum(amounts[pot] for pot in self.pots))


@dataclass(frozen=True)
class Distribution:
    """A receipt shared out: won by pot, which add up to it. `raised_won` is what the law moved, by pot, in sum 0."""

    receipt_won: int
    government_share_won: int
    amounts: Mapping[str, int]
    by_policy: Mapping[str, int]
    floors: tuple[FloorWon, ...]

    @cached_property
    def raised_won(self) -> dict[str, int]:
        return {pot: self.amounts[pot] - self.by_policy[pot] for pot in self.amounts}

    @cached_property
    def warnings(self) -> tuple[FloorWon, ...]:
        """Floors of the law that does not prevail which the amounts do not reach."""
        return tuple(floor for floor in self.floors if floor.missing_won(self.amounts))

    def strictest_won(self, pot: str) -> int:
        """The most that any law asks for `pot` by itself."""
        return max((floor.least_won for floor in self.floors if floor.pots == (pot,)), default=0)


def binding_law(funding: Funding | None, *, is_donated: bool = False) -> str:
    """Which law prevails: that on donated technology, else that on national R&D where government money was in it."""
    if is_donated:
        return SharingLaw.DONATION
    national = funding is not None and funding.government_won > 0
    return SharingLaw.INNOVATION_ACT if national else SharingLaw.TRANSFER_ACT


def floors_of(
    rules: Iterable[DistributionRule], receipt_won: int, funding: Funding | None, *, is_donated: bool = False
) -> tuple[FloorWon, ...]:
    """What each law asks of a receipt, one version of each law given: the binding law's first.

    Of research without the government's money the Innovation Act asks nothing. What is asked of donated technology, and
    of any other, are different uses: only the one or the other is there.
    """
    prevails = binding_law(funding, is_donated=is_donated)
    found = []
    for rule in rules:
        if (rule.law == SharingLaw.DONATION) != is_donated:
            continue
        for floor in rule.floors:
            if rule.base == ShareBase.ROYALTY:
                least_won = receipt_won * floor.least_bp // BASIS_POINTS
            elif funding is not None and funding.government_won:
                part, whole = funding.government_won * floor.least_bp, funding.total_won * BASIS_POINTS
                least_won = receipt_won * part // whole
            else:
                continue
            binds = rule.law == prevails
            found.append(FloorWon(rule.law, rule.label, floor.pots, floor.least_bp, least_won, binds))
    return tuple(sorted(found, key=lambda floor: not floor.is_binding))


def check_shares(shares_bp: Mapping[str, int], *, is_donated: bool = False) -> None:
    """Raise `DomainError` unless the shares of the pots make exactly 100 %."""
    if set(shares_bp) != set(uses_of(is_donated)) or any(share < 0 for share in shares_bp.values()):
        raise DomainError(_("Give a share of 0 or more for each use."), field="shares")
    if sum(shares_bp.values()) != BASIS_POINTS:
        raise DomainError(_("The shares must make exactly 100 %."), field="shares")


def distribute(
    receipt_won: int,
    *,
    shares_bp: Mapping[str, int],
    rules: Iterable[DistributionRule],
    funding: Funding | None,
    is_donated: bool = False,
) -> Distribution:
    """`receipt_won` (without VAT) by the institute's `shares_bp` per pot, raised to the floors of the law that binds.

    `rules` holds the version of each law that the contract's date selects. Won that a floor lacks come from research
    and overhead first, then from the others in proportion to what they have above their own floors. Raises
    `DomainError` where the shares do not make 100 %, `ValueError` for a negative receipt.
    """
    check_shares(shares_bp, is_donated=is_donated)
    by_policy = split_exactly(receipt_won, dict(shares_bp))
    floors = floors_of(rules, receipt_won, funding, is_donated=is_donated)
    amounts = dict(by_policy)
    binding = [floor for floor in floors if floor.is_binding]
    for floor in binding:
        if missing_won := floor.missing_won(amounts):
            _take(amounts, missing_won, binding, spared=floor)
            _give(amounts, missing_won, floor.pots, shares_bp)
    share_won = funding.share_won(receipt_won) if funding else 0
    return Distribution(receipt_won, share_won, amounts, by_policy, floors)


def _give(amounts: dict[str, int], won: int, pots: tuple[str, ...], shares_bp: Mapping[str, int]) -> None:
    """To the pots of a floor by the institute's own shares; to the first where it has none for them."""
    weights = {pot: shares_bp[pot] for pot in pots}
    if not any(weights.values()):
        weights[pots[0]] = 1
    for pot, part_won in split_exactly(won, weights).items():
        amounts[pot] += part_won


def _take(amounts: dict[str, int], won: int, floors: Iterable[FloorWon], *, spared: FloorWon) -> None:
    """From what lies above the other floors: never more than that, and no pot below 0."""
    groups = [(floor.pots, floor.least_won) for floor in floors if floor is not spared]
    named = {pot for pots, _least in groups for pot in pots} | set(spared.pots)
    groups += [((pot,), 0) for pot in amounts if pot not in named]
    above = {pots: max(0, sum(amounts[pot] for pot in pots) - least_won) for pots, least_won in groups}

    for pots in above:
        if TAKEN_FIRST in pots:
            first_won = min(won, above[pots], amounts[TAKEN_FIRST])
            amounts[TAKEN_FIRST] -= first_won
            above[pots] -= first_won
            won -= first_won
    if not won:
        return
    by_name = {pots[0]: pots for pots in above}
    for name, part_won in split_exactly(won, {name: above[pots] for name, pots in by_name.items()}).items():
        if part_won:
            pots = by_name[name]
            for pot, less_won in split_exactly(part_won, {pot: amounts[pot] for pot in pots}).items():
                amounts[pot] -= less_won


def share_out(pot_won: int, shares_bp: Mapping[str, int]) -> dict[str, int]:
    """What each person named in `shares_bp` gets of a pot, in whole won that add up to it: largest remainder first.

    Raises `DomainError` unless the shares are each more than 0 and make exactly 100 %.
    """
    if any(share < 1 for share in shares_bp.values()) or sum(shares_bp.values()) != BASIS_POINTS:
        raise DomainError(
            _("The shares of the persons must each be more than 0 and make exactly 100 %."), field="shares"
        )
    return split_exactly(pot_won, dict(shares_bp))


def to_people(
    distribution: Distribution, shares_bp: Mapping[str, Mapping[str, int]]
) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """What persons get, by pot and person, and what stays with the institute, by pot. Both together are the receipt.

    A pot for persons in which nobody is named yet stays with the institute until somebody is.
    """
    people: dict[str, dict[str, int]] = {}
    kept: dict[str, int] = {}
    for pot, pot_won in distribution.amounts.items():
        if pot in PEOPLE_POTS and shares_bp.get(pot):
            people[pot] = share_out(pot_won, shares_bp[pot])
        else:
            kept[pot] = pot_won
    return people, kept
