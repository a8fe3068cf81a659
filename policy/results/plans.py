"""A plan's figures as its pages show them: by name, with what they are now beside what is aimed at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policy.enums.plans import FIGURE_UNITS
from policy.models import Measure, PlanTarget, PlanVersion
from policy.models.figures import Valued
from policy.queries.figures.access import Told, Viewer, find, shown_values, told
from policy.queries.figures.figure import Figure
from policy.queries.plans import figure_name
from policy.results.live import Aimed, current
from policy.wording.figures import amount


@dataclass(frozen=True)
class NamedFigure:
    """A figure that a plan names. `figure` is None where there is none any more, or none that the viewer may see."""

    code: str
    name: str
    figure: Figure | None
    rows: tuple[Valued, ...] = ()
    """What the viewer is shown of all years, the newest first."""


@dataclass(frozen=True)
class TargetLine(Aimed):
    """A target beside the live value of its year; of the newest year that has one, where its own has none yet."""

    target: PlanTarget
    named: NamedFigure
    live: Valued | None
    shown: Told

    @property
    def figure(self) -> Figure | None:  # type: ignore[override]
        return self.named.figure

    @property
    def measured(self) -> int | None:
        return self.shown.value

    @property
    def aim(self) -> int | None:
        """None where the target was set in another unit than the figure has now."""
        is_same = self.figure is not None and FIGURE_UNITS[self.target.unit] == self.figure.unit
        return self.target.value if is_same else None

    @property
    def text(self) -> str:
        return amount(FIGURE_UNITS[self.target.unit], self.target.value)

    @property
    def live_text(self) -> str:
        return amount(self.figure.unit, self.shown.value) if self.figure else "–"

    @property
    def other_year(self) -> int | None:
        """The year of the live value where it is not the target's own."""
        return self.live.year or None if self.live and self.live.year != self.target.year else None


def named_figures(user: Viewer, version: PlanVersion) -> dict[str, NamedFigure]:
    """Every figure that measures and targets of the version (from `for_page`) name, by code. Two statements."""
    named: list[PlanTarget | Measure] = [*version.targets.all(), *version.measures.all()]
    codes = sorted({each.figure for each in named if each.figure})
    figures = {code: find(user, code) for code in codes}
    by_code = shown_values(user, [figure for figure in figures.values() if figure])
    return {code: NamedFigure(code, figure_name(code), figures[code], tuple(by_code.get(code, ()))) for code in codes}


def target_lines(user: Viewer, targets: Iterable[PlanTarget], figures: Mapping[str, NamedFigure]) -> list[TargetLine]:
    """The targets in their order, each with what the viewer is told of its figure. Asks the database nothing."""
    return [_line(user, target, figures[target.figure]) for target in targets]


def _line(user: Viewer, target: PlanTarget, named: NamedFigure) -> TargetLine:
    of_year = [row for row in named.rows if row.year == target.year and row.value is not None]
    live = of_year[0] if of_year else current(named.rows)
    shown = told(user, named.figure, live) if named.figure and live else Told(None, {})
    return TargetLine(target, named, live, shown)
