"""Survey answers, and a small nation in which every figure has hard cases."""

import datetime
from zoneinfo import ZoneInfo

from policy.models import SurveyAnswer
from tests.factories.accounts import MembershipFactory, OrganizationFactory

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime.datetime(2026, 11, 20, 14, tzinfo=SEOUL)
TODAY = NOW.date()
DAY = datetime.timedelta(days=1)
YEAR = 2026


def officer():
    """Of an office, with a second factor: sees all figures, sets targets, corrects."""
    return MembershipFactory(government=True, user__second_factor=True).user


def institute(**also):
    return OrganizationFactory(institute=True, **also)


def answer(of=None, *, year=YEAR, at=NOW, technologies=10, spent_won=1_000_000_000, version=1):
    """What an institute says of a year; a later version takes the place of the one before."""
    of = of or institute()
    SurveyAnswer.objects.filter(institute=of, year=year, replaced_at__isnull=True).update(replaced_at=at)
    return SurveyAnswer.objects.create(
        institute=of,
        year=year,
        version=version,
        new_technologies=technologies,
        research_expenditure_won=spent_won,
        office_staff=2,
        answered_at=at,
    )
