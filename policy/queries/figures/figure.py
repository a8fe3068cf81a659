"""What a figure is. Its rows are one queryset per part: value, rows on a page, export and API come from there alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, Count, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.aggregates import Aggregate
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from accounts.roles import Permission
from policy.enums.figures import NO_YEAR, Kind, Openness, Theme, Unit
from policy.queries.figures.kinds import Tally, value_of


@dataclass(frozen=True)
class Scope:
    """What a figure is asked for: `day`, up to and with which things count, and the calendar `year` or 0."""

    day: date
    year: int = NO_YEAR


Rows = QuerySet[Any]


@dataclass(frozen=True)
class Part:
    """One set of rows of a figure. `key` is `numerator`, `denominator`, `rows`, or a state.

    `rows` gives a queryset as `shaped` makes it. `permission` is what a member of the institute needs to see the
    institute's own rows where not everybody sees them. Of rows kept with a frozen month, `secret` gives the labels that
    nobody may see any more, and `unlisted` those that are no more open to everybody.

    `behind` names the organizations of a row, side by side (institute, firm): a number is of as many as the side with
    the fewest has. Where a row is a sum itself, `movers` counts those who moved it after a frozen month, or ever.
    `source` names what is counted where several figures count the same and the public is told it month by month.
    `page` is the name of the address of what a row is of, by its label, where whoever sees the row may open it.
    """

    key: str
    name: Any
    rows: Callable[[Scope], Rows]
    unit: str = Unit.COUNT
    openness: str = Openness.COUNTED
    permission: Permission = Permission.VIEW_ORGANIZATION
    secret: Callable[[], set[str]] | None = None
    unlisted: Callable[[], set[str]] | None = None
    behind: tuple[str, ...] = ()
    movers: Callable[[Any], int] | None = None
    source: str = ""
    page: str = ""

    @property
    def is_monthly(self) -> bool:
        return self.openness == Openness.MONTHLY

    @property
    def is_sum(self) -> bool:
        """Whether a row of 0 adds nothing. Of days, 0 is one of the values of which one is in the middle."""
        return self.is_monthly and self.unit != Unit.DAYS

    @property
    def sides(self) -> dict[str, Any]:
        """The organizations behind a row, each as the one that stands for it since a merger."""
        return {f"side_{n}": Coalesce(f"{path}__merged_into", path) for n, path in enumerate(self.behind)}

    def tally(self, scope: Scope, *, with_median: bool) -> Tally:
        """One statement, and one more where `movers` are counted. Medians only where they are the value.

        Who has nothing in a sum counts only where nobody has anything in it, as in `services.figures.settle.Sides`.
        """
        wanted: dict[str, Any] = {"rows": Count("pk"), "total": Sum("row_amount")}
        if with_median:
            wanted["median"] = LowerMedian("row_amount")
        wanted |= {f"many_{name}": Count(side, distinct=True) for name, side in self.sides.items()}
        if self.is_sum:
            has = ~Q(row_amount=0)
            wanted |= {f"have_{name}": Count(side, distinct=True, filter=has) for name, side in self.sides.items()}
        found = self.rows(scope).order_by().aggregate(**wanted)
        sides = [found[f"many_{name}"] for name in self.sides]
        have = [found[f"have_{name}"] for name in self.sides] if self.is_sum else sides
        many = self.movers(None) if self.movers else min(have if any(have) else sides, default=None)
        return Tally(found["rows"], int(found["total"] or 0), found.get("median"), many)


@dataclass(frozen=True)
class Figure:
    """A figure of the plan with its words in the reader's language.

    `version` is raised whenever the definition changes, and with it the frozen months say by which they were made.
    `owner` is the kind of body that answers for it (never a ministry by name: those change). `needs_answers`: it can
    only be as good as the survey is complete, of the year, or (`answers_of_all_years`) of every year until then.
    `target_is_most`: less is better. `could_be` are the things of which the rows are some: where there are none of
    them, no row is no value, else it is 0. `last_move` gives the key of the newest move that `movers` know of.
    """

    code: str
    theme: Theme
    kind: Kind
    unit: Unit
    name: Any
    definition: Any
    parts: tuple[Part, ...]
    owner: Any
    version: int = 1
    is_yearly: bool = True
    is_public: bool = True
    needs_answers: bool = False
    answers_of_all_years: bool = False
    could_be: Callable[[Scope], QuerySet[Any]] | None = None
    target_is_most: bool = False
    last_move: Callable[[], int] | None = None

    def part(self, key: str) -> Part | None:
        return next((part for part in self.parts if part.key == key), None)

    def tallies(self, scope: Scope) -> dict[str, Tally]:
        """One statement per part."""
        with_median = self.kind == Kind.MEDIAN
        return {part.key: part.tally(scope, with_median=with_median) for part in self.parts}

    def value(self, scope: Scope) -> int | None:
        return self.value_of(self.tallies(scope), scope)

    def value_of(self, tallies: Mapping[str, Tally], scope: Scope) -> int | None:
        """What the tallies make. Asks the database only where there is no row."""
        is_empty = not any(tally.rows for tally in tallies.values())
        could_be = is_empty and self.could_be is not None and self.could_be(scope).exists()
        return value_of(self.kind, tallies, could_be=could_be)

    @property
    def is_monthly(self) -> bool:
        """Whether the public is told frozen months only: what changes from hour to hour tells of who changed it."""
        return any(part.is_monthly for part in self.parts)

    @property
    def is_shares(self) -> bool:
        return self.kind == Kind.SHARES


class LowerMedian(Aggregate):
    """Of two in the middle the lower: a value that a row has."""

    function = "percentile_disc"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = BigIntegerField()


SHAPE = ("public_id", "row_label", "row_institute", "row_day", "row_amount")
"""The columns of every row: its id, number or words, institute (key, or None), day, and what it counts."""


def shaped(
    found: QuerySet[Any], *, label: Any, institute: Any, day: Any, amount: Combinable | int = 1
) -> QuerySet[Any]:
    """`found` with the columns of `SHAPE`; a string names a field. Without an order; `in_order` gives one."""
    counted = Value(amount, output_field=BigIntegerField()) if isinstance(amount, int) else amount
    owner = Value(None, output_field=IntegerField()) if institute is None else _expression(institute)
    return found.annotate(
        row_label=_expression(label),
        row_institute=owner,
        row_day=_expression(day),
        row_amount=Cast(counted, BigIntegerField()),
    )


def in_order(rows: Rows) -> Rows:
    """Newest first; ids are given out in the order of time."""
    return rows.order_by("-public_id").values(*SHAPE)


def _expression(given: Any) -> Any:
    return F(given) if isinstance(given, str) else given
