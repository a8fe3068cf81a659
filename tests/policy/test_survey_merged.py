"""An institute that was merged into another one: its answers count once, in every reader of the survey, and the one
that stands is told so."""

import pytest
from django.utils import timezone

from policy.enums.survey import Standing
from policy.exports.survey import place_cells
from policy.models import SurveyAnswer
from policy.queries.figures.completeness import completeness
from policy.queries.figures.figure import Scope
from policy.queries.figures.registry import FIGURES
from policy.queries.figures.transfer import new_technologies
from policy.queries.index import compute
from policy.queries.survey import before, jumps_of, places
from policy.queries.waiting import waiting_kinds
from policy.services.survey.remind import remind_of_survey
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.policy.figures import merged
from tests.factories.policy_index import weights
from tests.factories.policy_survey import a_round, accepted, drafted, survey_file
from tests.waiting import asks

waiting_on = asks(waiting_kinds)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def member():
    return MembershipFactory(institute=True)


@pytest.fixture
def round(now):
    return a_round(at=now, due_on=timezone.localdate(now))


def gone_into(house, round, now, **given):
    """An institute that answered and was merged into `house`."""
    gone = accepted(at=now, round=round, **given).institute
    merged(gone, house)
    gone.refresh_from_db()
    return gone


def national(round, now):
    return sum(row.row_amount for row in new_technologies(Scope(timezone.localdate(now), round.year)))


def test_the_index_divides_by_what_the_figures_divide_by(member, round, now):
    house = accepted(at=now, round=round, institute=member.organization, by=member.user).institute
    gone_into(house, round, now)
    found = compute(round.year, weights(now))
    [entry] = [each for each in found.entries if each.key == str(house.public_id)]
    assert entry.figures["new_technologies"] == national(round, now) == 200
    assert entry.figures["office_staff"] == 10


def test_who_is_counted_through_another_is_not_asked_again(member, round, now):
    gone_into(member.organization, round, now)
    [place] = places(round)
    assert (place.has_answered, place.standing, place.answer, place.counts.new_technologies) == (
        True, Standing.ACCEPTED, None, 100,
    )  # fmt: skip
    assert list(place_cells(round, [place], {}))[1][7:10] == [100, 10_000_000_000, 5]
    assert list(waiting_on(member.user, member.organization)) == []
    assert remind_of_survey(at=now) == 0
    found = completeness(FIGURES["transfer_rate"], Scope(timezone.localdate(now), round.year))
    assert (found.answered, found.expected) == (1, 1)
    assert national(round, now) == 100


def test_all_of_a_year_are_held_against_all_of_the_year_before(member, round, now):
    house, earlier = member.organization, a_round(at=now, year=round.year - 1)
    gone = gone_into(house, round, now)
    for each in (gone, house):
        SurveyAnswer.objects.create(
            institute=each, year=earlier.year, new_technologies=100, research_expenditure_won=10_000_000_000,
            office_staff=5, answered_at=now,
        )  # fmt: skip
    assert before(house, round.year).new_technologies == 200
    assert before(gone, round.year).new_technologies == 100  # its own page goes on saying what it said
    sheet = drafted(institute=house, round=round, by=member.user, at=now)
    assert jumps_of(sheet) == []
    row = f"{house.business_number},{round.year},100,10000000000,5,"
    file = survey_file(row, sender=house, by=member.user, at=now)
    assert file.problems == []


def test_the_form_says_what_is_counted_already_and_what_is_not(client, member, round, now):
    sign_in(client, member.user)
    gone = gone_into(member.organization, round, now)
    silent = MembershipFactory(institute=True).organization
    merged(silent, member.organization)
    page = client.get(f"/survey/{round.year}/").content.decode()
    told = {each: line for each in (gone, silent) for line in page.split("<li>") if each.name_en in line}
    assert "leave it out" in told[gone]
    assert "Include it" in told[silent]
    years = client.get("/survey/").content.decode()
    assert ("Accepted" in years, "To be answered" in years) == (True, False)


def test_who_stands_reads_what_was_accepted_of_who_is_gone(member, round, now):
    gone = gone_into(member.organization, round, now)
    assert SurveyAnswer.objects.visible_to(member.user).get().institute == gone
    assert not SurveyAnswer.objects.visible_to(MembershipFactory(institute=True).user).exists()
