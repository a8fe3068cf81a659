"""What the pages make of live values: which one counts as that of now, and how far it is from what is aimed at."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from policy.models.figures import Valued
from policy.queries.figures.figure import Figure
from policy.wording.figures import difference


def current(rows: Iterable[Valued]) -> Valued | None:
    """Of rows of one figure, the newest year first: the newest that has a value, else the newest.

    Nought is a value: a year of which nothing could be counted has none.
    """
    found = list(rows)
    return next((row for row in found if row.value is not None), None) or next(iter(found), None)


class Aimed(ABC):
    """A value beside what is aimed at, both in the unit of `figure`. Who inherits says which these are."""

    figure: Figure | None

    @property
    @abstractmethod
    def measured(self) -> int | None:
        """The value; None where it is not known, or not told to the reader."""

    @property
    @abstractmethod
    def aim(self) -> int | None:
        """What is aimed at; None where nothing is."""

    @property
    def gap(self) -> int | None:
        """The value less what is aimed at; None where one of the two is not known."""
        return None if self.measured is None or self.aim is None else self.measured - self.aim

    @property
    def gap_text(self) -> str:
        return "" if self.figure is None or self.gap is None else difference(self.figure.unit, self.gap)

    @property
    def is_met(self) -> bool:
        """Whether the target is reached, which for some figures means: not passed."""
        if self.figure is None or self.gap is None:
            return False
        return self.gap <= 0 if self.figure.target_is_most else self.gap >= 0
