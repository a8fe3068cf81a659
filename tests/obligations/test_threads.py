"""At the same moment. Each race is run with the locks, and without them to show that they are what holds."""

import threading
from datetime import timedelta

import pytest

from marketplace.core.errors import Conflict
from obligations.models import Exemption, Obligation
from obligations.services import run_duties as nightly
from obligations.services.discharge import discharge, verify
from obligations.services.exempt import decide_exemption, take_back_exemption
from obligations.services.run_duties import run_duties
from obligations.services.settle import settle
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory
from tests.factories.obligations import NOW, TODAY, ResultFactory, duty, exemption, named, officer, rules
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)


def decide(asked, by, grant):
    return lambda: decide_exemption(exemption=asked, grant=grant, text="x", by=by, at=NOW)


def test_two_officers_decide_at_once(locked, meeting):
    asked = exemption()
    outcomes = at_once(decide(asked, officer(), True), decide(asked, officer(), False))
    asked.refresh_from_db()
    if locked:
        assert kinds(outcomes) == ["done", "told"]
        told = next(str(outcome) for outcome in outcomes if isinstance(outcome, Conflict))
        assert str(asked.decided_by) in told
    else:
        # Nobody was told: the second ran into the trigger, and would have overwritten the first without it.
        assert kinds(outcomes) == ["database", "done"]


def test_officer_and_institute_at_once(locked, meeting):
    asked = exemption()
    outcomes = at_once(
        decide(asked, officer(), True), lambda: take_back_exemption(exemption=asked, by=asked.asked_by, at=NOW)
    )
    found = Exemption.objects.get(pk=asked.pk)
    if locked:
        # The institute may also give up what was granted a moment before.
        assert kinds(outcomes) in (["done", "told"], ["done", "done"])
        if found.state == "taken_back":
            assert "before you" in str(next(o for o in outcomes if isinstance(o, Conflict)))
        else:
            assert (found.state, found.why_ended) == ("ended", "given_up")
    else:
        assert kinds(outcomes) == ["database", "done"]
    assert Obligation.objects.get().state == "due" if found.state in {"ended", "taken_back"} else "exempt"


def test_two_officers_verify_at_once(locked, meeting):
    result = ResultFactory(number="")
    found = duty(result)
    named(found, ListingFactory(holder=result.owner))
    settle(projects=[result.project_id], at=NOW)
    officers = [officer(), officer()]

    outcomes = at_once(*(lambda by=by: verify(obligation=found, by=by, at=NOW) for by in officers))

    found.refresh_from_db()
    if locked:
        assert kinds(outcomes) == ["done", "told"]
        winner = next(outcome for outcome in outcomes if not isinstance(outcome, Exception))
        assert found.verified_by == winner.verified_by
        assert found.revision == winner.revision
    else:
        # The second overwrote the first silently: verified → verified is no move that the trigger would see.
        assert kinds(outcomes) == ["done", "done"]


def test_discharged_and_withdrawn_at_once_never_leaves_a_duty_done_by_nothing():
    for _ in range(5):
        result = ResultFactory(number="")
        found, listing = duty(result), ListingFactory(holder=result.owner)
        staff = MembershipFactory(organization=result.owner).user
        at_once(
            lambda found=found, listing=listing, staff=staff: discharge(
                obligation=found, listing=listing, by=staff, at=NOW
            ),
            lambda listing=listing, staff=staff: withdraw(listing=listing, reason="x", by=staff, at=NOW),
        )
        found.refresh_from_db()
        assert found.state == "due"
        assert settle(projects=[result.project_id], at=NOW) == {}


def test_two_settle_the_same_projects_at_once():
    rules()
    results = [ResultFactory() for _ in range(20)]
    ids = [result.project_id for result in results]
    outcomes = at_once(lambda: settle(projects=ids, at=NOW), lambda: settle(projects=list(reversed(ids)), at=NOW))
    assert sorted(outcome.get("created", 0) for outcome in outcomes) == [0, 20]
    assert Obligation.objects.count() == 20


def test_of_two_nights_at_once_one_works(monkeypatch):
    rules()
    for _ in range(6):
        ResultFactory()
    monkeypatch.setattr(nightly, "BATCH", 2)
    inside = threading.Event()
    outcomes = at_once(lambda: run_duties(at=NOW, each=lambda _done: inside.wait(0.3)), lambda: run_duties(at=NOW))
    assert sum(outcome is None for outcome in outcomes) == 1
    assert Obligation.objects.count() == 6
    assert run_duties(at=NOW) == {}


def test_a_night_meets_people_at_work():
    rules()
    found = [duty(ResultFactory(number="")) for _ in range(10)]
    asked = [exemption(each, until=TODAY + timedelta(days=100)) for each in found[:5]]
    decider = officer()

    def decide_all():
        for each in asked:
            decide_exemption(exemption=each, grant=True, by=decider, at=NOW)

    outcomes = at_once(lambda: run_duties(at=NOW), decide_all, lambda: run_duties(at=NOW))
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert Obligation.objects.filter(state="exempt").count() == 5
    assert run_duties(at=NOW) == {}
