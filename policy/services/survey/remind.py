"""Remind institutes of the survey by steps of days; each step is told once to each person."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from brokers.clocks import step_reached
from policy.enums.survey import Standing
from policy.models import SurveyRound
from policy.notices import survey as notices
from policy.queries.survey import places

STEPS = (-30, -7, -1, 1, 14)
"""Days from the deadline: an assumption. After a missed run the latest step only."""
LAST_DAYS = 30
"""So long after the deadline nobody is reminded any more."""


@transaction.atomic
def remind_of_survey(*, at: datetime) -> int:
    """Tell who has not answered that the deadline comes, or has passed; how many institutes. Twice is as once."""
    today = timezone.localdate(at)
    told = 0
    alive = SurveyRound.objects.filter(
        due_on__gte=today - timedelta(days=LAST_DAYS), due_on__lte=today - timedelta(days=STEPS[0])
    )
    for round in alive.order_by("year"):
        step = step_reached(round.due_on, today, STEPS)
        if step is None:
            continue
        for place in places(round):
            if not place.has_answered:
                returned = place.sheet if place.standing == Standing.RETURNED else None
                notices.reminded(round, place.institute, step, at, returned=returned)
                told += 1
    return told
