"""At the same moment. Each race is run with the locks, and without them to show what they are for."""

import pytest

from brokers.models import Mandate
from brokers.services.mandates.answer import accept, agree_to_share, decline, take_back
from brokers.services.mandates.end import end
from brokers.services.mandates.offer import Offer, offer
from marketplace.core.errors import Conflict
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.fees import NOW, TODAY, guideline
from tests.factories.brokers.mandates import DAY, answering, in_force, manager_of, offered, registered
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_exclusive_mandates_accepted_at_once(locked, meeting):
    client = OrganizationFactory()
    rivals = [offered(client=client, is_exclusive=True) for _ in range(2)]
    people = [answering(each) for each in rivals]
    outcomes = at_once(
        *(lambda m=m, by=by: accept(mandate=m, by=by, at=NOW) for m, by in zip(rivals, people, strict=True))
    )
    # Without the lock both pass the check of the service, and the trigger stops one at the client's row.
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert Mandate.objects.filter(state="accepted").count() == 1


def test_two_managers_answer_at_once(locked, meeting):
    made = offered(side="broker")
    people = [MembershipFactory(organization=made.client, manager=True).user for _ in range(2)]
    outcomes = at_once(
        lambda: accept(mandate=made, by=people[0], at=NOW),
        lambda: decline(mandate=made, text="Not now", by=people[1], at=NOW),
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    if locked:
        told = next(str(outcome) for outcome in outcomes if isinstance(outcome, Conflict))
        assert made.client.display_name in told


def test_accepted_and_taken_back_at_once(locked, meeting):
    made = offered(side="broker")
    by = answering(made)
    outcomes = at_once(
        lambda: accept(mandate=made, by=by, at=NOW), lambda: take_back(mandate=made, by=made.offered_by, at=NOW)
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])


def test_a_share_is_agreed_to_once(locked, meeting):
    broker, fellow = registered(), registered()
    made = offered(broker=broker, shares={broker: 5_000, fellow: 5_000})
    people = [MembershipFactory(organization=fellow, manager=True).user for _ in range(2)]
    outcomes = at_once(*(lambda by=by: agree_to_share(mandate=made, by=by, at=NOW) for by in people))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])


def test_both_sides_end_it_at_once(locked, meeting):
    held = in_force()
    people = [manager_of(held.client), manager_of(held.broker)]
    outcomes = at_once(*(lambda by=by: end(mandate=held, last_day=TODAY, reason="x", by=by, at=NOW) for by in people))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])


def test_a_double_click_offers_once():
    guideline()
    client, broker = OrganizationFactory(), registered()
    by = manager_of(client)
    given = {"broker": broker, "client": client, "offered_by": "client", "by": by, "at": NOW}
    terms = Offer(starts_on=TODAY, ends_on=TODAY + DAY)
    outcomes = at_once(*(lambda: offer(**given, offer=terms) for _ in range(3)))
    assert sorted(outcome.is_new for outcome in outcomes) == [False, False, True]
    assert Mandate.objects.count() == 1
