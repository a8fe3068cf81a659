"""At the same moment. Each race is run with the locks, and without them to show that they are what holds."""

import pytest

from brokers.enums.registration import RegistrationKind
from brokers.models import Application
from brokers.services.registration.draft import start_application
from brokers.services.registration.hand_in import hand_in
from brokers.services.registration.withdraw import object_to_refusal, withdraw_application
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.registration import agency_draft, handed_in, manager, refused, trader_draft
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)


def handing_in(found, by):
    return lambda: hand_in(application=found, revision=found.revision, declared=True, by=by, at=NOW)


def test_two_managers_hand_in_at_once(locked, meeting):
    found = agency_draft(complete=True)
    people = [found.applicant, manager(found.organization)]
    outcomes = at_once(*(handing_in(found, by) for by in people))
    # Without the lock the second runs into the trigger: the number never changes.
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    done = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert [outcome.is_new for outcome in done].count(True) == 1
    found.refresh_from_db()
    assert {outcome.application.number for outcome in done} == {found.number} == {"A2026000001"}


def test_handed_in_and_withdrawn_at_once(locked, meeting):
    found = agency_draft(complete=True)
    other = manager(found.organization)
    outcomes = at_once(
        handing_in(found, found.applicant),
        lambda: withdraw_application(application=found, revision=found.revision, by=other, at=NOW),
    )
    found.refresh_from_db()
    if locked:
        assert kinds(outcomes) == ["done", "told"]
        assert (found.number != "") == (found.state == "applied")
    else:  # what was thrown away has lost its documents while it was handed in, or the trigger stops one of them
        assert kinds(outcomes) in (["database", "done"], ["done", "done"])


def test_an_application_is_withdrawn_once(locked, meeting):
    found = handed_in()
    people = [found.applicant, manager(found.organization)]
    outcomes = at_once(
        *(
            lambda by=by: withdraw_application(application=found, revision=found.revision, by=by, at=NOW)
            for by in people
        )
    )
    # Without the lock both believe that it was them.
    assert kinds(outcomes) == (["done", "told"] if locked else ["done", "done"])


def test_two_objections_at_once(locked, meeting):
    found = refused()
    people = [found.applicant, manager(found.organization)]
    outcomes = at_once(
        *(lambda by=by: object_to_refusal(application=found, text=f"By {by.pk}", by=by, at=NOW) for by in people)
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])


def test_a_double_click_begins_once():
    by = manager()
    given = {"kind": RegistrationKind.AGENCY, "organization": by.active_organizations().first(), "by": by, "at": NOW}
    outcomes = at_once(*(lambda: start_application(**given) for _ in range(3)))
    assert len(set(outcomes)) == 1
    assert Application.objects.count() == 1


def test_traders_hand_in_at_once_under_different_numbers():
    drafts = [trader_draft(complete=True) for _ in range(3)]
    outcomes = at_once(*(handing_in(found, found.applicant) for found in drafts))
    numbers = sorted(outcome.application.number for outcome in outcomes)
    assert numbers == ["T2026000001", "T2026000002", "T2026000003"]
