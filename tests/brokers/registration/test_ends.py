"""Withdrawing, objecting to a refusal, and what each state waits for."""

import datetime

import pytest

from brokers.enums.registration import ApplicationState
from brokers.queries.registration import next_step, objection_until, waiting_kinds
from brokers.services.registration.withdraw import TooLate, object_to_refusal, withdraw_application
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.files import private_storage
from notifications.models import Notification
from tests.factories.accounts import UserFactory
from tests.factories.brokers.fees import NOW, TODAY, officer
from tests.factories.brokers.registration import (
    application_in,
    handed_in,
    in_completion,
    refused,
    trader_draft,
)
from tests.waiting import asks

waiting_on = asks(waiting_kinds)

S = ApplicationState
DAY = datetime.timedelta(days=1)


def test_a_draft_that_is_thrown_away_leaves_no_files(django_capture_on_commit_callbacks):
    made = trader_draft(complete=True)
    names = [each.file.name for each in made.documents.all()]
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_application(application=made, revision=made.revision, by=made.applicant, at=NOW)
    made.refresh_from_db()
    assert (made.state, made.documents.count(), made.career.count(), made.training.count()) == (S.WITHDRAWN, 0, 0, 0)
    assert len(names) == 2
    assert not any(private_storage().exists(name) for name in names)
    assert Notification.objects.count() == 0
    assert trader_draft(made.applicant) != made


def test_withdrawn_after_handing_in_stays_and_officers_hear():
    watcher, found = officer(), handed_in()
    withdraw_application(application=found, revision=found.revision, by=found.applicant, at=NOW)
    found.refresh_from_db()
    assert (found.state, found.documents.count()) == (S.WITHDRAWN, 3)
    assert Notification.objects.filter(kind="application_withdrawn", recipient=watcher).count() == 1
    with pytest.raises(Conflict):
        withdraw_application(application=found, revision=found.revision, by=found.applicant, at=NOW)


@pytest.mark.parametrize("state", [S.DESIGNATED, S.REFUSED, S.OBJECTED, S.REJECTED])
def test_what_is_decided_is_not_withdrawn(state):
    found = application_in(state)
    with pytest.raises(Conflict):
        withdraw_application(application=found, revision=found.revision, by=found.applicant, at=NOW)
    found.refresh_from_db()
    assert found.state == state


def test_an_objection_within_thirty_days():
    found = refused()
    assert objection_until(found) == TODAY + 30 * DAY
    last = datetime.datetime(2026, 7, 10, 14, 59, tzinfo=datetime.UTC)
    for error, at, text, by in (
        (TooLate, last + datetime.timedelta(minutes=1), "No", found.applicant),
        (DomainError, NOW, "   ", found.applicant),
        (NotAllowed, NOW, "No", officer()),
    ):
        with pytest.raises(error):
            object_to_refusal(application=found, text=text, by=by, at=at)
    found.refresh_from_db()
    assert found.state == S.REFUSED
    watcher = officer()
    done = object_to_refusal(application=found, text="They do", by=found.applicant, at=last)
    assert (done.state, done.objection_text, done.objected_at) == (S.OBJECTED, "They do", last)
    assert Notification.objects.filter(kind="application_objected", recipient=watcher).count() == 1


@pytest.mark.parametrize("state", [state for state in S if state != S.REFUSED])
def test_only_a_refusal_is_objected_to(state):
    found = application_in(state)
    with pytest.raises(Conflict):
        object_to_refusal(application=found, text="No", by=found.applicant, at=NOW)


@pytest.mark.parametrize("state", list(S))
def test_every_state_says_what_it_waits_for(state):
    step = next_step(application_in(state), day=TODAY)
    assert step.text
    on = {"draft": "applicant", "completion": "applicant", "training": "applicant", "refused": "applicant"}
    nobody = {S.DESIGNATED, S.REJECTED, S.WITHDRAWN}
    assert step.on == ("nobody" if state in nobody else on.get(state, "office"))
    assert (step.due_on is not None) == (state in {S.COMPLETION, S.REFUSED})


def test_what_waits_on_the_applicant_stands_on_the_home_page():
    found, person = in_completion(), UserFactory()
    draft = trader_draft(person)
    [line] = waiting_on(found.applicant, found.organization, today=TODAY)
    assert (line.title, line.due_on, line.is_overdue) == (
        f"Complete application {found.number}",
        TODAY + 14 * DAY,
        False,
    )
    [late] = waiting_on(found.applicant, found.organization, today=TODAY + 15 * DAY)
    assert late.is_overdue
    [own] = waiting_on(person, None, today=TODAY)
    assert str(draft.public_id) in own.url
    assert waiting_on(found.applicant, None, today=TODAY) == []
    assert waiting_on(UserFactory(), found.organization, today=TODAY) == []
