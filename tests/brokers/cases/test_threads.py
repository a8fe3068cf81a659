"""Two officers, or an officer and the broker, at the same moment. Without the locks only the database keeps order."""

import pytest

from brokers.models import CancellationCase, CaseStatement, HandOver
from brokers.services.cases.decide import close_case, decide_case
from brokers.services.cases.hand_over import choose_hand_over
from brokers.services.cases.hearing import notice_hearing
from brokers.services.cases.open_case import open_case
from brokers.services.cases.statement import send_statement
from brokers.services.fees.quote_fee import quote_fee
from marketplace.core.errors import ChangedMeanwhile, Conflict, NotPossibleNow
from tests.factories.accounts import OrganizationFactory
from tests.factories.brokers.cases import DAY, DECIDED, HEARD, broker_person, fresh, handed_over, held, noticed, opened
from tests.factories.brokers.fees import NOW, acceptor, guideline, officer
from tests.factories.brokers.register import agency
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_officers_decide_at_once(locked, meeting):
    case, people = held(), [officer(), officer()]
    outcomes = at_once(
        *(
            lambda by=by, decision=decision: decide_case(case=case, decision=decision, text="x", by=by, at=DECIDED)
            for by, decision in zip(people, ("cancelled", "maintained"), strict=True)
        )
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    found = fresh(case)
    assert found.decided_by in people
    stands = "cancelled" if found.decision == "cancelled" else "registered"
    assert fresh(case.registration).state == stands


def test_two_officers_fix_the_hearing_at_once(locked, meeting):
    case, chair = opened(), officer()
    people = [officer(), officer()]
    given = {"case": case, "starts_at": HEARD, "place": "x", "chair": chair, "at": NOW}
    outcomes = at_once(*(lambda by=by: notice_hearing(**given, by=by) for by in people))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert case.hearings.count() == 1


def test_noticed_and_closed_at_once(locked, meeting):
    case = opened()
    outcomes = at_once(
        lambda: notice_hearing(case=case, starts_at=HEARD, place="x", chair=officer(), by=officer(), at=NOW),
        lambda: close_case(case=case, reason="x", by=officer(), at=NOW),
    )
    if locked:  # closing after the notice is possible, too
        assert all(not isinstance(outcome, Exception) or isinstance(outcome, Conflict) for outcome in outcomes)
    else:
        assert kinds(outcomes) == ["database", "done"]
    found = fresh(case)
    assert (found.state == "noticed") == (fresh(case.registration).state == "hearing")


def test_the_house_and_an_officer_open_the_same_case_at_once():
    registration, by = agency(), officer()
    given = {"registration": registration, "ground": "no_deal", "text": "x", "at": NOW}
    outcomes = at_once(
        lambda: open_case(**given, by=None), lambda: open_case(**given, by=by), lambda: open_case(**given, by=None)
    )
    assert all(not isinstance(one, Exception) or isinstance(one, NotPossibleNow) for one in outcomes), outcomes
    assert CancellationCase.objects.count() == 1


def test_decided_while_the_broker_sends_its_statement():
    """Whoever is second is told: the officer to read it first, or the broker that it came too late."""
    case, by = held(), officer()
    person = broker_person(case.registration)
    outcomes = at_once(
        lambda: decide_case(case=case, decision="maintained", text="x", revision=case.revision, by=by, at=DECIDED),
        lambda: send_statement(case=case, text="Wait", by=person, at=DECIDED),
    )
    assert kinds(outcomes) == ["done", "told"]
    decided, said = outcomes
    if isinstance(decided, Exception):
        assert isinstance(decided, ChangedMeanwhile)
        assert CaseStatement.objects.count() == 1
    else:
        assert isinstance(said, NotPossibleNow)
        assert not CaseStatement.objects.exists()


def test_two_of_the_client_choose_at_once(locked, meeting):
    found = handed_over()
    people = [acceptor(found.mandate.client), acceptor(found.mandate.client)]
    outcomes = at_once(
        *(
            lambda by=by, choice=choice: choose_hand_over(hand_over=found, choice=choice, by=by, at=DECIDED)
            for by, choice in zip(people, ("keep", "end"), strict=True)
        )
    )
    if locked:
        assert kinds(outcomes) == ["done", "told"]
    else:
        assert "database" in kinds(outcomes)
    assert HandOver.objects.get().chosen_by in people


def test_quoted_while_the_broker_is_suspended():
    """Either the quote was first, or it is refused: never a quote of a broker that is closed to work."""
    registration = agency()
    case, by, client = held(opened_noticed(registration)), officer(), OrganizationFactory()
    person = broker_person(registration)
    guideline(DECIDED)
    outcomes = at_once(
        lambda: decide_case(
            case=case, decision="suspended", text="x", suspended_until=DECIDED.date() + DAY, by=by, at=DECIDED
        ),
        lambda: quote_fee(
            broker=registration.organization, client=client, subject="x", value_won=10**7, by=person, at=DECIDED
        ),
    )
    assert not isinstance(outcomes[0], Exception), outcomes[0]
    assert not isinstance(outcomes[1], Exception) or isinstance(outcomes[1], NotPossibleNow), outcomes[1]
    assert fresh(registration).state == "suspended"


def opened_noticed(registration):
    return noticed(opened(registration))
