"""What was begun and nobody goes on with: given up by the institute, or by an officer where a merger waits for it."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Organization
from accounts.services.merge import merge
from marketplace.core.errors import DomainError, NotAllowed
from policy.enums.survey import SheetState, Standing
from policy.models import SurveyAnswer, SurveySheet
from policy.queries.survey import places
from policy.queries.waiting import waiting_kinds
from policy.services.survey.withdraw import withdraw_sheet
from policy.services.survey.write import save_sheet
from tests.factories.accounts import MembershipFactory, MergeProposalFactory, UserFactory, sign_in
from tests.factories.policy_survey import (
    FIGURES,
    a_round,
    corrected,
    drafted,
    given_up,
    officer,
    returned,
    submitted,
    survey_file,
)
from tests.waiting import asks

waiting_on = asks(waiting_kinds)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def member():
    return MembershipFactory(institute=True)


def sheets():
    return list(SurveySheet.objects.order_by("pk").values())


@pytest.mark.parametrize("is_returned", [False, True], ids=["written", "returned"])
def test_a_correction_that_is_given_up_leaves_what_holds(client, member, now, is_returned):
    sheet = corrected(institute=member.organization, by=member.user, is_returned=is_returned, at=now)
    sign_in(client, member.user)
    address = f"/survey/sheets/{sheet.public_id}/withdraw/"
    assert address in client.get(f"/survey/{sheet.round.year}/").content.decode()
    assert client.post(address, {"revision": sheet.revision}).status_code == 302
    assert list(waiting_on(member.user, member.organization)) == []
    [place] = places(sheet.round)
    assert (place.standing, place.has_answered) == (Standing.ACCEPTED, True)
    assert SurveyAnswer.objects.current().get().version == 1
    clerk = MembershipFactory(government=True)
    row = f"{member.organization.business_number},{sheet.round.year},105,10000000000,5,Left out"
    file = survey_file(row, sender=clerk.organization, by=clerk.user, at=now)
    assert (file.problems, [each["change"] for each in file.rows]) == ([], ["change"])
    again = client.post(f"/survey/{sheet.round.year}/correct/", {"reason": "Now it is right."})
    assert again.status_code == 302
    assert SurveySheet.objects.standing().order_by("-version").first().version == 2


def test_a_first_draft_can_be_begun_anew(member, now):
    sheet = given_up(institute=member.organization, by=member.user, at=now)
    [line] = waiting_on(member.user, member.organization)  # who has not answered goes on being asked
    assert line.url == f"/survey/{sheet.round.year}/"
    given = {"institute": member.organization, "round": sheet.round, "by": member.user, "at": now}
    made = save_sheet(figures=FIGURES, reasons={}, seen=0, **given)
    assert (made.pk != sheet.pk, made.version) == (True, 1)


def test_what_was_given_up_is_never_changed(now):
    sheet = given_up(at=now)
    before = sheets()
    for change in ({"state": SheetState.DRAFT}, {"office_staff": 1}):
        with pytest.raises(DatabaseError), transaction.atomic():
            SurveySheet.objects.filter(pk=sheet.pk).update(**change)
    assert sheets() == before
    assert not SurveySheet.objects.visible_to(officer()).exists()  # it was never sent


def test_the_office_is_not_left_without_the_answer_it_waits_for(now):
    sheet = returned(at=now)
    with pytest.raises(DomainError):
        withdraw_sheet(sheet=sheet, revision=sheet.revision, by=sheet.begun_by, at=now)
    assert SurveySheet.objects.get().state == SheetState.RETURNED


@pytest.mark.parametrize("make", [drafted, returned, corrected])
def test_an_officer_ends_what_a_merger_waits_for(make, now):
    sheet, clerk = make(at=now), MembershipFactory(government=True, user=UserFactory(second_factor=True)).user
    into, client = MembershipFactory(institute=True).organization, sign_in(Client(), clerk)
    address = f"/survey/sheets/{sheet.public_id}/withdraw/"
    assert address not in client.get("/survey/office/").content.decode()
    with pytest.raises(NotAllowed):
        withdraw_sheet(sheet=sheet, revision=sheet.revision, by=clerk, at=now)
    proposal = MergeProposalFactory(gone=sheet.institute, into=into)
    assert address in client.get("/survey/office/").content.decode()
    assert client.post(address, {"revision": sheet.revision}).status_code == 302
    boss = MembershipFactory(government=True, manager=True).user
    merge(gone=sheet.institute, into=into, reason=proposal.reason, by=boss, at=now)
    assert Organization.objects.get(pk=sheet.institute_id).merged_into == into


def test_what_waits_for_an_officer_is_decided_and_not_given_up(now):
    sheet = submitted(at=now)
    MergeProposalFactory(gone=sheet.institute, into=MembershipFactory(institute=True).organization)
    before = sheets()
    for by in (sheet.begun_by, officer()):
        with pytest.raises(DomainError):
            withdraw_sheet(sheet=sheet, revision=sheet.revision, by=by, at=now)
    assert sheets() == before


def test_through_the_api(member, now):
    sheet = drafted(institute=member.organization, round=a_round(at=now), by=member.user, at=now)
    address = f"/api/v1/survey/sheets/{sheet.public_id}/withdraw/"
    ours, theirs = (sign_in(Client(), each) for each in (member.user, MembershipFactory(institute=True).user))
    given = {"content_type": "application/json", "data": {"revision": sheet.revision}}
    assert theirs.post(address, **given).status_code == 404
    assert ours.post(address, **given).status_code == 204
    assert ours.post(address, **given).status_code == 409
    assert ours.get(f"/api/v1/survey/sheets/{sheet.public_id}/").json()["state"] == "withdrawn"
