"""The demo of survey, ranking and plan: complete, and loaded twice as once."""

from collections import Counter

from django.utils import timezone

from accounts.demo import PASSWORD, TOTP_SECRET
from accounts.demo import load as load_people
from notifications.models import Notification
from policy.demo.plans import load as load_plans
from policy.demo.survey import load as load_survey
from policy.enums.survey import SheetState
from policy.models import PlanProgress, PlanVersion, Ranking, SurveyAnswer, SurveySheet
from policy.queries.plans import shown_version, standings


def test_four_years_a_ranking_and_a_plan():
    now = timezone.now()
    loaded = load_people(password=PASSWORD, totp_secret=TOTP_SECRET, at=now)
    organizations, last = loaded.organizations, timezone.localdate(now).year - 1
    new = load_survey(organizations=organizations, at=now)
    assert new == SurveySheet.objects.count()
    assert sorted(SurveySheet.objects.values_list("round__year", flat=True).distinct().order_by("round__year")) == [
        last - 3, last - 2, last - 1, last,
    ]  # fmt: skip
    states = Counter(SurveySheet.objects.filter(round__year=last).values_list("state", flat=True))
    assert set(states) == set(SheetState.values) - {SheetState.WITHDRAWN}  # what is given up is shown to nobody else
    assert set(SurveySheet.objects.exclude(round__year=last).values_list("state", flat=True)) == {SheetState.ACCEPTED}
    ranking = Ranking.objects.get()
    assert ranking.line_count == ranking.lines.count() == SurveyAnswer.objects.filter(year=ranking.year).count()
    assert not Notification.objects.filter(kind="survey_accepted", created_at__lt=now).exists()

    assert load_plans(at=now) == 1
    version = shown_version(PlanVersion.objects.get().plan)
    assert {str(each.state) for each in standings(version)} == {"on_track", "late", "done", "None"}
    assert version.targets.count() == 4
    before = (SurveySheet.objects.count(), PlanProgress.objects.count(), PlanVersion.objects.count())
    assert (load_survey(organizations=organizations, at=now), load_plans(at=now)) == (0, 0)
    assert (SurveySheet.objects.count(), PlanProgress.objects.count(), PlanVersion.objects.count()) == before
