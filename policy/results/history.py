"""One figure over time: years with what was published, aimed at and recorded here, and frozen months."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from policy.models import NationalValue, Snapshot, Target
from policy.models.figures import Valued
from policy.queries.figures.access import Told, Viewer, shown_values, told
from policy.queries.figures.figure import Figure
from policy.querysets.figures import SnapshotQuerySet
from policy.results.live import Aimed
from policy.wording.figures import amount, in_words

MOST_MONTHS = 24


@dataclass(frozen=True)
class YearLine(Aimed):
    """A year of a figure. `national` with value None is a gap: somebody looked, and nothing was found."""

    figure: Figure
    year: int
    live: Valued | None = None
    shown: Told = field(default_factory=lambda: Told(None, {}))
    national: NationalValue | None = None
    target: Target | None = None

    @property
    def live_text(self) -> str:
        return amount(self.figure.unit, self.shown.value)

    @property
    def national_text(self) -> str:
        return amount(self.figure.unit, self.national.value) if self.national else ""

    @property
    def source(self) -> str:
        return in_words(self.national.source) if self.national else ""

    @property
    def note(self) -> str:
        return in_words(self.national.note) if self.national else ""

    @property
    def is_gap(self) -> bool:
        return self.national is not None and self.national.value is None

    @property
    def target_text(self) -> str:
        return amount(self.figure.unit, self.target.value) if self.target else ""

    @property
    def target_source(self) -> str:
        return in_words(self.target.source) if self.target else ""

    @property
    def measured(self) -> int | None:
        """What is recorded here, or else what was published: what a target is held against."""
        if self.shown.value is not None:
            return self.shown.value
        return self.national.value if self.national else None

    @property
    def aim(self) -> int | None:
        return self.target.value if self.target else None


def years(user: Viewer, figure: Figure) -> list[YearLine]:
    """Every year from the first to the last of which there is anything, so that a gap is a line too. Oldest first.

    Four statements. Nothing is filled in: a year of which nothing is known says so.
    """
    if not figure.is_yearly:
        return []
    live = {row.year: row for row in shown_values(user, [figure])[figure.code]}
    national = {row.year: row for row in NationalValue.objects.visible_to(user).filter(figure=figure.code)}
    targets = {row.year: row for row in Target.objects.visible_to(user, [figure.code]).current()}
    known = sorted({*live, *national, *targets})
    if not known:
        return []
    return [
        YearLine(
            figure,
            year,
            live.get(year),
            told(user, figure, live[year]) if year in live else Told(None, {}),
            national.get(year),
            targets.get(year),
        )
        for year in range(known[0], known[-1] + 1)
    ]


@dataclass(frozen=True)
class MonthLine:
    """A frozen month in one of its versions, as the viewer is told it."""

    figure: Figure
    snapshot: Snapshot
    shown: Told
    is_newest: bool

    @property
    def text(self) -> str:
        return amount(self.figure.unit, self.shown.value)


def frozen_versions(user: Viewer, figure: Figure) -> SnapshotQuerySet:
    """All versions of all months, newest first, for `month_lines`: a yearly figure has several a month."""
    rows = Snapshot.objects.visible_to(user, [figure.code]).with_corrections().select_related("frozen_by")
    return rows.newest_first()


def month_lines(user: Viewer, figure: Figure, rows: Iterable[Snapshot]) -> list[MonthLine]:
    """Of rows of `frozen_versions`."""
    return [MonthLine(figure, row, told(user, figure, row), not row.is_corrected) for row in rows]


WIDTH, HEIGHT, BASE, TOP, LEFT = 640, 220, 190, 24, 8


@dataclass(frozen=True)
class Series:
    """Values in the order of the places; None is a gap, over which no line is drawn."""

    css: str
    values: Sequence[int | None]


@dataclass(frozen=True)
class Chart:
    """What the template draws: nothing is computed there."""

    width: int
    height: int
    base_y: int
    top: int
    lines: list[dict[str, object]]
    dots: list[dict[str, object]]
    labels: list[dict[str, object]]

    @property
    def is_empty(self) -> bool:
        return not self.dots


def chart_of(series: Sequence[Series], labels: Sequence[str]) -> Chart:
    """Lines from place to place, broken at gaps, on a scale from 0 to the highest value."""
    top = max((value for each in series for value in each.values if value is not None), default=0)
    step = (WIDTH - 2 * LEFT) / max(1, len(labels))

    def x(place: int) -> float:
        return round(LEFT + step * (place + 0.5), 1)

    def y(value: int) -> float:
        return round(BASE - (BASE - TOP) * max(0, value) / top, 1) if top else float(BASE)

    lines: list[dict[str, object]] = []
    dots: list[dict[str, object]] = []
    for each in series:
        run: list[str] = []
        for place, value in [*enumerate(each.values), (len(each.values), None)]:
            if value is not None:
                run.append(f"{x(place)},{y(value)}")
                dots.append({"class": each.css, "x": x(place), "y": y(value)})
                continue
            if len(run) > 1:
                lines.append({"class": each.css, "points": " ".join(run)})
            run = []
    shown = max(1, len(labels) // 8)
    names = [{"x": x(at), "text": text} for at, text in enumerate(labels) if at % shown == 0]
    return Chart(WIDTH, HEIGHT, BASE, top, lines, dots, names)


def year_chart(lines: Sequence[YearLine]) -> Chart:
    """Published, recorded here and aimed at, by year."""
    return chart_of(
        [
            Series("is-target", [line.target.value if line.target else None for line in lines]),
            Series("is-national", [line.national.value if line.national else None for line in lines]),
            Series("is-live", [line.shown.value for line in lines]),
        ],
        [str(line.year) for line in lines],
    )


def month_chart(user: Viewer, figure: Figure) -> Chart | None:
    """The newest version of the latest months, oldest first; None where a month tells of several years. One
    statement."""
    if figure.is_yearly:
        return None
    latest = month_lines(user, figure, frozen_versions(user, figure).counting()[:MOST_MONTHS])[::-1]
    return chart_of(
        [Series("is-live", [line.shown.value for line in latest])], [f"{line.snapshot.month:%y.%m}" for line in latest]
    )
