"""The board: what is shown of every figure, from what workers have stored. As many statements however much there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from policy.enums.figures import NO_YEAR, Theme
from policy.models import LiveValue, NationalValue, Snapshot, Target
from policy.models.figures import Valued
from policy.queries.figures.access import Told, Viewer, answered_now, figures_for, shown_values, told
from policy.queries.figures.figure import Figure
from policy.results.live import Aimed, current
from policy.wording.figures import amount


@dataclass(frozen=True)
class Tile(Aimed):
    """A figure as its tile shows it: the newest year that has a value, beside what was frozen and aimed at of it.

    `live` is what the viewer is shown as the value of now: of a figure told by months the newest month that is told.
    """

    figure: Figure
    live: Valued | None
    answers: Valued | None
    shown: Told
    frozen: Snapshot | None
    shown_frozen: Told | None
    target: Target | None
    national: NationalValue | None

    @property
    def year(self) -> int:
        return self.live.year if self.live else NO_YEAR

    @property
    def month(self) -> date | None:
        """Of a value that is told by months."""
        return self.live.frozen_month if self.live else None

    @property
    def is_awaited(self) -> bool:
        """Whether the public is told it by months and no month yet."""
        return self.live is None and self.figure.is_monthly

    @property
    def text(self) -> str:
        return amount(self.figure.unit, self.shown.value)

    @property
    def frozen_text(self) -> str:
        return amount(self.figure.unit, self.shown_frozen.value if self.shown_frozen else None)

    @property
    def target_text(self) -> str:
        return amount(self.figure.unit, self.target.value) if self.target else ""

    @property
    def national_text(self) -> str:
        return amount(self.figure.unit, self.national.value) if self.national else ""

    @property
    def measured(self) -> int | None:
        return self.shown.value

    @property
    def aim(self) -> int | None:
        """The target of the year that is shown."""
        return self.target.value if self.target else None


def tiles(user: Viewer) -> list[Tile]:
    """Of all figures that the viewer may see, in the order of the registry. Six statements."""
    figures = figures_for(user)
    codes = [figure.code for figure in figures]
    live, answers = shown_values(user, figures), answered_now(figures)
    frozen = {
        (row.figure, row.year): row
        for row in Snapshot.objects.visible_to(user, codes)
        .order_by("figure", "year", "-month", "-version")
        .distinct("figure", "year")
    }
    targets = {(row.figure, row.year): row for row in Target.objects.visible_to(user, codes).current()}
    published = NationalValue.objects.visible_to(user).filter(value__isnull=False)
    national = {row.figure: row for row in published.order_by("figure", "-year").distinct("figure")}
    return [
        _tile(user, figure, live[figure.code], answers.get(figure.code), frozen, targets, national)
        for figure in figures
    ]


def _tile(
    user: Viewer,
    figure: Figure,
    years: Sequence[Valued],
    answers: LiveValue | None,
    frozen: dict[tuple[str, int], Snapshot],
    targets: dict[tuple[str, int], Target],
    national: dict[str, NationalValue],
) -> Tile:
    row = current(years)
    year = row.year if row else NO_YEAR
    kept = frozen.get((figure.code, year))
    return Tile(
        figure=figure,
        live=row,
        answers=row if row and figure.needs_answers else answers,
        shown=told(user, figure, row) if row else Told(None, {}),
        frozen=kept,
        shown_frozen=told(user, figure, kept) if kept else None,
        target=targets.get((figure.code, year)),
        national=national.get(figure.code),
    )


def by_theme(found: list[Tile]) -> list[tuple[Theme, list[Tile]]]:
    """In the order of the themes, without empty ones."""
    grouped = [(theme, [tile for tile in found if tile.figure.theme == theme]) for theme in Theme]
    return [(theme, of_theme) for theme, of_theme in grouped if of_theme]
