"""The board: what is shown of every figure, from what workers have stored. As many statements however much there is."""

from collections import defaultdict
from dataclasses import dataclass

from policy.enums.figures import NO_YEAR, Theme
from policy.models import LiveValue, NationalValue, Snapshot, Target
from policy.queries.figures.access import Told, Viewer, figures_for, told
from policy.queries.figures.figure import Figure
from policy.results.live import Aimed, current
from policy.wording.figures import amount


@dataclass(frozen=True)
class Tile(Aimed):
    """A figure as its tile shows it: the newest year that has a value, beside what was frozen and aimed at of it."""

    figure: Figure
    live: LiveValue | None
    shown: Told
    frozen: Snapshot | None
    shown_frozen: Told | None
    target: Target | None
    national: NationalValue | None

    @property
    def year(self) -> int:
        return self.live.year if self.live else NO_YEAR

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
    """Of all figures that the viewer may see, in the order of the registry. Four statements."""
    figures = figures_for(user)
    codes = [figure.code for figure in figures]
    live = defaultdict(list)
    for row in LiveValue.objects.visible_to(user, codes).order_by("figure", "-year"):
        live[row.figure].append(row)
    frozen = {
        (row.figure, row.year): row
        for row in Snapshot.objects.visible_to(user, codes)
        .order_by("figure", "year", "-month", "-version")
        .distinct("figure", "year")
    }
    targets = {(row.figure, row.year): row for row in Target.objects.visible_to(user, codes).current()}
    published = NationalValue.objects.visible_to(user).filter(value__isnull=False)
    national = {row.figure: row for row in published.order_by("figure", "-year").distinct("figure")}
    return [_tile(user, figure, live[figure.code], frozen, targets, national) for figure in figures]


def _tile(
    user: Viewer,
    figure: Figure,
    years: list[LiveValue],
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
