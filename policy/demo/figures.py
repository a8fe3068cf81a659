"""Figures of the demo: computed from whatever the demo made, with half a year of frozen months before today."""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from marketplace.core.days import add_months
from policy.queries.figures.registry import FIGURES
from policy.services.figures.compute import compute_all
from policy.services.figures.freeze import freeze, last_day_of
from policy.services.figures.load import load_series, load_targets, read

MONTHS = 6
NIGHT = time(2, 10)


@transaction.atomic
def load(*, at: datetime) -> int:
    """Compute all figures, and freeze the months before as if each had been frozen in the night after it. Returns how
    many frozen values are new: the second time none."""
    load_series(rows=read("national_series.json"))
    load_targets(rows=read("targets.json"), at=at)
    compute_all(at=at)
    this_month = timezone.localdate(at).replace(day=1)
    new = 0
    for back in range(MONTHS, 0, -1):
        month = add_months(this_month, -back)
        night = datetime.combine(last_day_of(month) + timedelta(days=1), NIGHT, timezone.get_default_timezone())
        new += sum(freeze(figure=figure, month=month, at=min(night, at)) for figure in FIGURES.values())
    return new
