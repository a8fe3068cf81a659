"""At the same moment. Each race is run with the locks, and without them to show that they are what holds."""

import pytest

from brokers.models import Rating, RatingText
from brokers.services.ratings import moderate, respond
from brokers.services.ratings import rate as rating_service
from tests.factories.accounts import OrganizationFactory
from tests.factories.brokers.fees import NOW, officer
from tests.factories.brokers.ratings import deal, member, rated
from tests.factories.brokers.register import agency
from tests.threads import at_once, kinds, meet_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_colleagues_rate_one_deal_at_once(locked, monkeypatch):
    client = OrganizationFactory()
    made, people = deal(agency().organization, taker=client), [member(client), member(client)]
    meet_in(monkeypatch, rating_service, "_text", locked=locked)
    given = {"deal": made, "organization": client, "stars": 4, "text": "x", "at": NOW}
    outcomes = at_once(*(lambda by=by: rating_service.rate(by=by, **given) for by in people))
    # Without the lock nobody is told: the second runs into the constraint.
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert (Rating.objects.count(), RatingText.objects.count()) == (1, 1)


def test_both_parties_rate_at_once():
    client, holder = OrganizationFactory(), OrganizationFactory(institute=True)
    made = deal(agency().organization, taker=client, holder=holder)
    outcomes = at_once(
        *(
            lambda o=o, by=by: rating_service.rate(deal=made, organization=o, stars=4, text="x", by=by, at=NOW)
            for o, by in ((client, member(client)), (holder, member(holder)))
        )
    )
    assert kinds(outcomes) == ["done", "done"]


def test_two_colleagues_edit_at_once(locked, monkeypatch):
    found = rated(agency().organization)
    people = [member(found.organization), member(found.organization)]
    meet_in(monkeypatch, rating_service, "refuse_if_frozen", locked=locked)
    given = {"rating": found, "stars": 1, "text": "y", "names_rater": False, "revision": 1, "at": NOW}
    outcomes = at_once(*(lambda by=by: rating_service.edit_rating(by=by, **given) for by in people))
    # Without the lock the second goes over the first and nobody knows.
    assert kinds(outcomes) == (["done", "told"] if locked else ["done", "done"])


def test_two_of_the_broker_answer_at_once(locked, monkeypatch):
    house = agency().organization
    found, people = rated(house), [member(house), member(house)]
    meet_in(monkeypatch, respond, "text_of", locked=locked)
    outcomes = at_once(*(lambda by=by: respond.answer_rating(rating=found, text="x", by=by, at=NOW) for by in people))
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    assert found.texts.filter(kind="answer").count() == 1


def test_two_officers_hide_one_text_at_once(locked, monkeypatch):
    text, people = rated(agency().organization).texts.get(), [officer(), officer()]
    meet_in(monkeypatch, moderate, "text_of", locked=locked)
    outcomes = at_once(*(lambda by=by: moderate.hide_text(text=text, reason="x", by=by, at=NOW) for by in people))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
