"""The rows behind a figure as one viewer may see them: the same for page, export and API."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse

from policy.models import Snapshot
from policy.queries.figures.access import (
    Viewer,
    kept_for,
    names_of,
    rows_for,
    sees_all_rows,
)
from policy.queries.figures.figure import Figure, Part, Scope, in_order
from policy.queries.figures.kept import KeptRow, KeptRows
from policy.wording.figures import amount

CHUNK = 2_000


@dataclass(frozen=True)
class Row:
    """One row. `public_id` is None of a row that was kept with a frozen month; `institute` is a key, or None."""

    label: str
    institute: int | None
    day: date
    amount: int
    unit: str
    public_id: UUID | None = None
    institute_name: str = ""
    page: str = ""

    @property
    def address(self) -> str:
        """Where what it is of is read; empty where the row is all there is."""
        return reverse(self.page, args=[self.label]) if self.page else ""

    @property
    def text(self) -> str:
        return amount(self.unit, self.amount)


@dataclass(frozen=True)
class RowsOf:
    """What a viewer asked for. Without a snapshot: rows as they are recorded now, counted up to `scope.day`."""

    viewer: Viewer
    figure: Figure
    part: Part
    scope: Scope
    snapshot: Snapshot | None = None

    @property
    def is_partial(self) -> bool:
        """Whether the number is made of more rows than the viewer may see."""
        return not sees_all_rows(self.viewer, self.part)

    @property
    def hidden(self) -> int:
        """How many rows of a frozen month are no more to be seen, by who sees all others."""
        if self.snapshot is None or self.is_partial:
            return 0
        counted = self.snapshot.parts.get(self.part.key)  # a part that the definition has since then is not in it
        return int(counted["rows"]) - len(self.kept) if counted else 0

    @cached_property
    def kept(self) -> KeptRows:
        assert self.snapshot is not None
        return kept_for(self.viewer, self.snapshot, self.part)

    def found(self) -> Any:
        """A queryset in its order, or what was kept in its own: what a paginator takes."""
        if self.snapshot is not None:
            return self.kept
        return in_order(rows_for(self.viewer, self.part, self.scope))

    def named(self, rows: Iterable[Any]) -> list[Row]:
        """Some of `found` with the names of their institutes. One statement."""
        made = [self._row(row) for row in rows]
        names = names_of(row.institute for row in made)
        return [_with_name(row, names) for row in made]

    def all(self) -> Iterator[Row]:
        """Every row, in portions; names are asked for once per portion."""
        found = self.found()
        rows = found if isinstance(found, KeptRows) else found.iterator(chunk_size=CHUNK)
        portion: list[Any] = []
        for row in rows:
            portion.append(row)
            if len(portion) == CHUNK:
                yield from self.named(portion)
                portion = []
        yield from self.named(portion)

    def _row(self, row: Any) -> Row:
        if isinstance(row, KeptRow):
            return Row(row.label, row.institute, row.day, row.amount, self.part.unit, page=self._page(row.label))
        return Row(
            str(row["row_label"] or ""),
            row["row_institute"],
            row["row_day"],
            row["row_amount"],
            self.part.unit,
            row["public_id"],
            page=self.part.page,
        )

    def _page(self, label: str) -> str:
        """Of a row of a frozen month, which may be of what is not shown to everybody any more."""
        return "" if self.part.unlisted is not None and label in self._unlisted else self.part.page

    @cached_property
    def _unlisted(self) -> set[str]:
        return self.part.unlisted() if self.part.unlisted is not None else set()


def _with_name(row: Row, names: dict[int, str]) -> Row:
    name = names.get(row.institute, "") if row.institute is not None else ""
    return replace(row, institute_name=name)
