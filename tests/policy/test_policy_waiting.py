"""What of the survey waits on whom: the institute that answers, the officer who looks through, and nobody else."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from policy.models import SurveyAnswer
from policy.queries.waiting import waiting_kinds
from policy.services.survey.write import correct_answer
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.policy_survey import a_round, accepted, drafted, officer, returned, staff, submitted
from tests.waiting import asks

waiting_on = asks(waiting_kinds)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def member():
    return MembershipFactory(institute=True)


@pytest.fixture
def clerk():
    return MembershipFactory(government=True, user=UserFactory(second_factor=True))


def titles(membership):
    return [each.title.split(" ", 1)[0] for each in waiting_on(membership.user, membership.organization)]


def test_a_survey_waits_on_the_institute_and_then_on_the_office(member, clerk, now):
    round = a_round(at=now, due_on=timezone.localdate(now) + timedelta(days=3))
    [line] = waiting_on(member.user, member.organization)
    assert (line.due_on, line.is_overdue, line.url) == (round.due_on, False, f"/survey/{round.year}/")
    [late] = waiting_on(member.user, member.organization, today=round.due_on + timedelta(days=1))
    assert late.is_overdue
    assert titles(clerk) == []
    sheet = submitted(institute=member.organization, round=round, by=member.user, at=now)
    assert titles(member) == []
    [line] = waiting_on(clerk.user, clerk.organization)
    assert (line.url, member.organization.name_en in line.title) == (f"/survey/sheets/{sheet.public_id}/", True)


@pytest.mark.parametrize(
    ("make", "institute", "office"),
    [(drafted, ["Answer"], []), (submitted, [], ["Look"]), (returned, ["Correct"], []), (accepted, [], [])],
)
def test_each_state_waits_on_who_can_go_on(make, institute, office, member, clerk, now):
    make(institute=member.organization, at=now)
    assert (titles(member), titles(clerk)) == (institute, office)


def test_a_correction_that_was_begun_waits_on_the_institute(member, now):
    sheet = accepted(institute=member.organization, at=now)
    correct_answer(institute=member.organization, round=sheet.round, reason="Software.", by=member.user, at=now)
    assert titles(member) == ["Answer"]


def test_an_answer_without_a_sheet_is_an_answer(member, now):
    round = a_round(at=now)
    given = {"new_technologies": 1, "research_expenditure_won": 1, "office_staff": 1, "answered_at": now}
    SurveyAnswer.objects.create(institute=member.organization, year=round.year, **given)
    assert titles(member) == []


def test_nobody_is_asked_for_years_long_gone(member, now):
    for year in range(now.year - 4, now.year):
        a_round(at=now, year=year, due_on=date(year + 1, 6, 30))
    found = waiting_on(member.user, member.organization)
    assert [each.url for each in found] == [f"/survey/{year}/" for year in (now.year - 1, now.year - 2)]


def test_it_waits_on_nobody_else(member, clerk, now):
    round = a_round(at=now)
    viewer = MembershipFactory(organization=member.organization, role=Role.VIEWER).user
    assert waiting_on(viewer, member.organization) == waiting_on(member.user, None) == []
    assert waiting_on(MembershipFactory(company=True).user, member.organization) == []
    submitted(institute=member.organization, round=round, by=member.user, at=now)
    insider = MembershipFactory(organization=clerk.organization, user=UserFactory(second_factor=True)).user
    MembershipFactory(organization=member.organization, user=insider)
    assert waiting_on(insider, clerk.organization) == []
    assert len(waiting_on(officer(), clerk.organization)) == 0  # works for another office
    assert waiting_on(staff(member.organization), clerk.organization) == []
