"""The live values of all figures, computed by a worker and kept with their time. Pages read what is kept."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from django.utils import timezone

from policy.enums.figures import NO_YEAR
from policy.models import LiveValue, SurveyAnswer
from policy.queries.figures.completeness import completeness
from policy.queries.figures.figure import Figure, Scope
from policy.queries.figures.registry import FIGURES
from policy.services.figures.locking import one_moment, only_one

log = structlog.get_logger(__name__)

YEARS_BACK = 4
"""The year of today and so many before it are computed, and every year for which an institute answered."""


@dataclass(frozen=True)
class Computed:
    """How many values were written, how many figures could not be computed, and how long it took."""

    written: int = 0
    failed: int = 0
    seconds: float = 0.0


def years_on(day: date) -> list[int]:
    """The years that the figures tell of, oldest first."""
    answered = (
        SurveyAnswer.objects.filter(year__lte=day.year).order_by("year").values_list("year", flat=True).distinct()
    )
    return sorted({*range(day.year - YEARS_BACK, day.year + 1), *answered})


def years_told(day: date) -> list[int]:
    """As `years_on`, and every year that has a live value: it stays one, however long ago it was."""
    kept = (
        LiveValue.objects.filter(year__gt=NO_YEAR, year__lte=day.year).order_by("year").values_list("year", flat=True)
    )
    return sorted({*years_on(day), *kept.distinct()})


def periods(figure: Figure, years: Iterable[int]) -> list[int]:
    return list(years) if figure.is_yearly else [NO_YEAR]


def compute_all(*, at: datetime) -> Computed | None:
    """Write the live value of every figure and year as of the day of `at`. None where another one does it just now.

    Each figure is a transaction of its own: one that fails is logged, keeps its last value, and holds up no other.
    """
    with only_one("compute") as is_mine:
        if not is_mine:
            return None
        start, day = time.monotonic(), timezone.localdate(at)
        years = years_told(day)
        written = failed = 0
        for figure in FIGURES.values():
            try:
                written += compute_figure(figure=figure, years=periods(figure, years), at=at)
            except Exception:  # whatever it was: the others are not to wait for it
                log.exception("figure_not_computed", figure=figure.code)
                failed += 1
        return Computed(written, failed, time.monotonic() - start)


def compute_figure(*, figure: Figure, years: Iterable[int], at: datetime) -> int:
    """Write the live values of one figure, each over the one before it. Returns how many."""
    day = timezone.localdate(at)
    with one_moment():
        rows = [_computed(figure, Scope(day, year), at) for year in years]
        LiveValue.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["figure", "year"],
            update_fields=["definition", "value", "parts", "answered", "expected", "computed_at", "took_ms"],
        )
    return len(rows)


def _computed(figure: Figure, scope: Scope, at: datetime) -> LiveValue:
    start = time.monotonic()
    tallies = figure.tallies(scope)
    answers = completeness(figure, scope)
    return LiveValue(
        figure=figure.code,
        definition=figure.version,
        year=scope.year,
        value=figure.value_of(tallies, scope),
        parts={key: tally.to_json() for key, tally in tallies.items()},
        answered=answers.answered,
        expected=answers.expected,
        computed_at=at,
        took_ms=int((time.monotonic() - start) * 1000),
    )
