"""What the yearly survey asks, and when a figure is so far from last year's that it has to be explained. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from marketplace.core.money import BASIS_POINTS

FIGURES = ("new_technologies", "research_expenditure_won", "office_staff")
MOST = {"new_technologies": 1_000_000, "research_expenditure_won": 10**14, "office_staff": 10_000}
"""Assumption: what is more is a slip of the finger. People are counted as whole heads."""


@dataclass(frozen=True)
class Bound:
    """A change of more than `share_bp` of last year's figure, and of more than `least`, is large."""

    share_bp: int
    least: int

    def is_large(self, before: int, now: int) -> bool:
        change = abs(now - before)
        return change > self.least and change * BASIS_POINTS > self.share_bp * before


DEFAULT_BOUNDS: Mapping[str, Bound] = {
    "new_technologies": Bound(5_000, 10),
    "research_expenditure_won": Bound(3_000, 100_000_000),
    "office_staff": Bound(5_000, 2),
}
"""Assumption, since facts §7 names none: officers change them per year."""


@dataclass(frozen=True)
class Figures:
    """What an institute says of a calendar year: a count, whole won, and heads."""

    new_technologies: int
    research_expenditure_won: int
    office_staff: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """Of anything with the three attributes."""
        return cls(*(getattr(row, name) for name in FIGURES))

    def __add__(self, other: Self | None) -> Self:
        """Of two institutes together; with None, of the one alone."""
        if other is None:
            return self
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in FIGURES))

    def as_json(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in FIGURES}


@dataclass(frozen=True)
class Jump:
    """A figure that changed more than its bound allows without a reason."""

    figure: str
    before: int
    now: int


def bounds_from_json(said: Mapping[str, Mapping[str, int]]) -> dict[str, Bound]:
    """`{"office_staff": {"share_bp": 5000, "least": 2}, …}`; what is not named keeps its default."""
    return {
        name: Bound(said[name]["share_bp"], said[name]["least"]) if name in said else default
        for name, default in DEFAULT_BOUNDS.items()
    }


def bounds_as_json(bounds: Mapping[str, Bound]) -> dict[str, dict[str, int]]:
    return {name: {"share_bp": bound.share_bp, "least": bound.least} for name, bound in bounds.items()}


def jumps(now: Figures, before: Figures | None, bounds: Mapping[str, Bound]) -> Iterator[Jump]:
    """The figures that need a reason, in the order of the form; none where there is no last year to compare with."""
    if before is None:
        return
    for name in FIGURES:
        earlier, later = getattr(before, name), getattr(now, name)
        if bounds[name].is_large(earlier, later):
            yield Jump(name, earlier, later)
