"""At the same moment. Each race is run with the locks, and without them to show that they are what holds."""

import pytest

from brokers.models import FeeSchedule, Quote
from brokers.services.fees.accept_quote import accept_quote, decline_quote
from brokers.services.fees.outside_band import decide_outside_band
from brokers.services.fees.publish_schedule import publish_schedule
from brokers.services.fees.quote_fee import quote_fee
from marketplace.core.errors import Conflict
from tests.factories.accounts import OrganizationFactory
from tests.factories.brokers.fees import (
    NOW,
    acceptor,
    asked,
    broker_user,
    draft,
    guideline,
    officer,
    organization_of,
    quoted,
)
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_officers_publish_one_draft_at_once(locked, meeting):
    made, people = draft(), [officer(), officer()]
    outcomes = at_once(*(lambda by=by: publish_schedule(schedule=made, revision=1, by=by, at=NOW) for by in people))
    # Without the lock nobody is told: the second runs into the trigger.
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    made.refresh_from_db()
    assert made.state == "published"
    if locked:
        told = next(str(outcome) for outcome in outcomes if isinstance(outcome, Conflict))
        assert str(made.published_by) in told


def test_two_drafts_for_one_day_published_at_once(locked, meeting):
    drafts, people = [draft(), draft()], [officer(), officer()]
    outcomes = at_once(
        *(
            lambda made=made, by=by: publish_schedule(schedule=made, revision=1, by=by, at=NOW)
            for made, by in zip(drafts, people, strict=True)
        )
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert FeeSchedule.objects.published().count() == 1


def test_two_managers_accept_at_once(locked, meeting):
    found = quoted()
    people = [acceptor(found.client), acceptor(found.client)]
    outcomes = at_once(*(lambda by=by: accept_quote(quote=found, by=by, at=NOW) for by in people))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    found.refresh_from_db()
    assert found.accepted_by in people


def test_accepted_and_declined_at_once(locked, meeting):
    found = quoted()
    people = [acceptor(found.client), acceptor(found.client)]
    outcomes = at_once(
        lambda: accept_quote(quote=found, by=people[0], at=NOW),
        lambda: decline_quote(quote=found, by=people[1], at=NOW),
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])


def test_two_officers_decide_at_once(locked, meeting):
    request, people = asked(), [officer(), officer()]
    outcomes = at_once(
        *(
            lambda by=by, grant=grant: decide_outside_band(request=request, grant=grant, text="x", by=by, at=NOW)
            for by, grant in zip(people, (True, False), strict=True)
        )
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    request.refresh_from_db()
    assert request.decided_by in people


def test_a_double_click_quotes_once():
    guideline()
    by, client = broker_user(), OrganizationFactory()
    given = {
        "broker": organization_of(by),
        "client": client,
        "subject": "Valve",
        "value_won": 10**6,
        "by": by,
        "at": NOW,
    }
    outcomes = at_once(*(lambda: quote_fee(**given) for _ in range(3)))
    assert sorted(outcome.is_new for outcome in outcomes) == [False, False, True]
    assert Quote.objects.count() == 1
