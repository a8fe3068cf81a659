"""Which frozen months the public may be told: a number, and what changed since one that was told, is of at least three
organizations (docs/adr/0050). Asked when a month is frozen, while it is still known who stands behind each row.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from marketplace.core.days import add_months
from policy.enums.figures import FEWEST
from policy.models import Snapshot
from policy.queries.figures.access import few
from policy.queries.figures.figure import SHAPE, Figure, Part, Scope, in_order
from policy.queries.figures.kept import KeptRow, Packer, adding, kept_data, rows_of
from policy.queries.figures.kinds import Tallies
from policy.queries.figures.registry import FIGURES

CHUNK = 5_000
Behind = tuple[int | None, ...]


class Sides:
    """Who stands behind the rows of a part. Kept only where the public is told it by months, or how many there are.

    Who has nothing in a sum does not stand behind it; only where nobody has anything in it, all do.
    """

    def __init__(self, part: Part) -> None:
        self._part = part
        self._everybody: list[set[int]] = [set() for _side in part.behind]
        self._in_it: list[set[int]] = [set() for _side in part.behind]
        self.rows: Counter[bytes] = Counter()
        self._of_row: dict[bytes, Behind] = {}

    def add(self, row: bytes, behind: Behind, amount: int) -> None:
        is_in_it = amount != 0 or not self._part.is_sum
        for known in (self._everybody, self._in_it) if is_in_it else (self._everybody,):
            for side, key in zip(known, behind, strict=True):
                if key is not None:
                    side.add(key)
        if self._part.is_monthly:
            self.rows[row] += 1
            self._of_row[row] = behind

    def fewest(self) -> int | None:
        """On the side that has the fewest; None where nobody is named."""
        known = self._in_it if any(self._in_it) else self._everybody
        return min((len(side) for side in known), default=None)

    def fewest_of(self, rows: Counter[bytes]) -> int:
        """The same of some rows. One that is not here any more counts for nobody."""
        found = [self._of_row[row] for row in rows if row in self._of_row]
        return min((len({each[n] for each in found} - {None}) for n in range(len(self._part.behind))), default=0)


def rows_with_sides(part: Part, scope: Scope) -> Iterator[tuple[KeptRow, Behind]]:
    """The rows of a part in their order, each with the organizations behind it. One statement."""
    found = in_order(part.rows(scope)).values_list(*SHAPE[1:], *part.sides.values())
    for label, institute, day, amount, *behind in found.iterator(chunk_size=CHUNK):
        yield KeptRow(part.key, str(label or ""), institute, day, amount), tuple(behind)


def settled_sources(figure: Figure, month: date, year: int, tallies: Tallies, sides: Mapping[str, Sides]) -> list[str]:
    """The sources of the figure that may be told with this month, in order."""
    return sorted(
        {
            part.source
            for part in figure.parts
            if part.is_monthly and not few(tallies[part.key]) and _is_settled(part, month, year, sides[part.key])
        }
    )


def _is_settled(part: Part, month: date, year: int, sides: Sides) -> bool:
    """Whether nothing of single organizations is learned by taking one number that was told from another."""
    before, after = _told(part.source, month, year)
    if part.movers is not None:
        # What counts as it stands is told for the moment of freezing, so the last one told is the one to compare with.
        last = max((*before, *after), key=lambda each: each.frozen_at, default=None)
        return last is None or _rows_of(part, last) == sides.rows or part.movers(last) >= FEWEST
    # Months are told one after the other, so the last one speaks for those before it. A month that is corrected has
    # later ones beside it, or earlier versions: it is held against all of them.
    is_again = bool(after) or any(row.month == month for row in before)
    others = [*before, *after] if is_again else before[:1]
    return all(_differs_by_enough(part, sides, other) for other in others)


def _told(source: str, month: date, year: int) -> tuple[list[Snapshot], list[Snapshot]]:
    """Settled months of any figure with the same source, the newest first: up to this month, and after it."""
    found = Snapshot.objects.filter(year=year, settled__contains=[source], figure__in=_figures_with(source))
    rows = list(found.order_by("-month", "-pk"))
    return [row for row in rows if row.month <= month], [row for row in rows if row.month > month]


def _figures_with(source: str) -> list[str]:
    return [code for code, figure in FIGURES.items() if any(part.source == source for part in figure.parts)]


def _differs_by_enough(part: Part, sides: Sides, other: Snapshot) -> bool:
    there = _rows_of(part, other)
    come, gone = sides.rows - there, there - sides.rows
    if not come and not gone:
        return True
    if part.is_sum and (adding(come) or adding(gone)):
        come, gone = adding(come), adding(gone)
    if sides.fewest_of(come) >= FEWEST:
        return True
    return bool(gone) and _behind_of(part, other).fewest_of(gone) >= FEWEST


def _rows_of(part: Part, other: Snapshot) -> Counter[bytes]:
    """The rows of the same source in another figure's month."""
    kept_as = next(each for each in FIGURES[other.figure].parts if each.source == part.source)
    return rows_of(kept_data(other), kept_as.key)


def _behind_of(part: Part, other: Snapshot) -> Sides:
    """Who stands behind the rows of a frozen month, as far as they are still recorded as they were."""
    last_day = add_months(other.month, 1) - timedelta(days=1)
    found, packer = Sides(part), Packer()
    for row, behind in rows_with_sides(part, Scope(last_day, other.year)):
        found.add(packer.add(row), behind, row.amount)
    return found
