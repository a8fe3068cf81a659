"""Two at once, each with a connection of its own; without the lock the database is what stops the second."""

import pytest
from django.utils import timezone

from policy.enums.survey import SheetState
from policy.models import PlanVersion, Ranking, SurveySheet, SurveyStep
from policy.queries.index import compute
from policy.services.index import publish as publishing
from policy.services.index.publish import publish_ranking
from policy.services.plans.publish import publish_plan
from policy.services.survey.decide import accept_sheet, return_sheet
from policy.services.survey.submit import submit_sheet
from tests.factories.policy_index import weights
from tests.factories.policy_plans import plan_draft
from tests.factories.policy_survey import accepted, drafted, officer, submitted
from tests.threads import at_once, kinds, meet_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_submitted_by_two_at_once(meeting, locked):
    now = timezone.now()
    sheet = drafted(at=now)
    given = {"sheet": sheet, "revision": sheet.revision, "by": sheet.begun_by, "at": now}
    outcomes = at_once(lambda: submit_sheet(**given), lambda: submit_sheet(**given))
    steps = SurveyStep.objects.filter(sheet=sheet).count()
    if locked:
        assert (kinds(outcomes), steps) == (["done", "told"], 1)
    else:
        assert (kinds(outcomes), steps) != (["done", "told"], 1)


def test_returned_by_one_and_accepted_by_another(meeting, locked):
    now = timezone.now()
    sheet = submitted(at=now)
    given = {"sheet": sheet, "revision": sheet.revision, "at": now}
    first, second = officer(), officer()
    outcomes = at_once(lambda: return_sheet(**given, text="No.", by=first), lambda: accept_sheet(**given, by=second))
    found = SurveySheet.objects.get(pk=sheet.pk)
    told = "told" if locked else "database"
    assert kinds(outcomes) == sorted(["done", told])
    assert (found.state == SheetState.ACCEPTED) == hasattr(found, "answer")
    assert found.steps.count() == 2


def test_returned_while_it_is_submitted_again(meeting, locked):
    """The institute cannot submit what waits, whoever is first."""
    now = timezone.now()
    sheet = submitted(at=now)
    outcomes = at_once(
        lambda: submit_sheet(sheet=sheet, revision=sheet.revision, by=sheet.begun_by, at=now),
        lambda: return_sheet(sheet=sheet, text="No.", revision=sheet.revision, by=officer(), at=now),
    )
    assert kinds(outcomes) == ["done", "told"]
    assert SurveySheet.objects.get(pk=sheet.pk).state == SheetState.RETURNED


def test_a_ranking_is_published_once(monkeypatch, locked):
    now = timezone.now()
    year = accepted(at=now).round.year
    seen, first, second = compute(year, weights(now)).digest, officer(), officer()
    meet_in(monkeypatch, publishing, "compute", locked=locked)
    outcomes = at_once(
        lambda: publish_ranking(year=year, seen=seen, by=first, at=now),
        lambda: publish_ranking(year=year, seen=seen, by=second, at=now),
    )
    assert kinds(outcomes) == sorted(["done", "told" if locked else "database"])
    assert Ranking.objects.get().version == 1


def test_a_plan_is_published_once(meeting, locked):
    now = timezone.now()
    draft, first, second = plan_draft(at=now), officer(), officer()
    given = {"version": draft, "revision": draft.revision, "at": now}
    outcomes = at_once(lambda: publish_plan(**given, by=first), lambda: publish_plan(**given, by=second))
    assert kinds(outcomes) in ([["done", "told"]] if locked else [["database", "done"], ["done", "done"]])
    assert PlanVersion.objects.get(pk=draft.pk).published_by_id in {first.pk, second.pk}
