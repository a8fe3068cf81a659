"""What the database keeps of ratings on any path."""

import datetime

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, transaction

from brokers.models import BrokeredDeal, Rating, RatingReport, RatingText
from tests.factories.accounts import OrganizationFactory
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.ratings import member

pytestmark = pytest.mark.django_db
REFUSED = (IntegrityError, InternalError, ProgrammingError)


def refused(write):
    with pytest.raises(REFUSED), transaction.atomic():
        write()


def new(deals, **changes):
    given = {
        "deal": deals.closed, "organization": deals.client, "stars": 3, "rated_at": NOW,
        "rated_by": deals.people["client_staff"],
    }  # fmt: skip
    return lambda: Rating.objects.create(**given | changes)


def test_a_rating_as_it_may_be(deals):
    assert new(deals)().pk


def test_no_rating_of_an_open_deal_by_a_stranger_or_the_broker(deals):
    other = OrganizationFactory()
    count = Rating.objects.count()
    refused(new(deals, deal=deals.open))
    refused(new(deals, organization=other, rated_by=member(other)))
    refused(new(deals, organization=deals.broker, rated_by=deals.people["broker_staff"]))
    refused(new(deals, rated_by=deals.people["holder_staff"]))
    refused(new(deals, rated_by=deals.people["client_and_broker"]))
    refused(new(deals, stars=6))
    refused(new(deals, stars=0))
    refused(new(deals, deal=deals.rating.deal))  # once per deal and party
    assert Rating.objects.count() == count


def test_a_broker_that_stands_as_a_party_does_not_rate_itself(deals):
    BrokeredDeal.objects.filter(pk=deals.closed.pk).update(taker=deals.broker)
    refused(new(deals, organization=deals.broker, rated_by=deals.people["broker_staff"]))


def test_a_rating_stays_whose_it_is_and_freezes(deals):
    rows = Rating.objects.filter(pk=deals.rating.pk)
    after = NOW + datetime.timedelta(days=15)
    refused(lambda: rows.update(organization=deals.institute))
    refused(lambda: rows.update(deal=deals.closed))
    refused(lambda: rows.update(rated_at=after))
    refused(lambda: rows.update(stars=5))  # without saying when
    refused(lambda: rows.update(stars=5, edited_at=after))
    refused(rows.delete)
    assert rows.update(stars=5, edited_at=NOW) == 1


def test_a_rated_deal_stays_closed_and_keeps_its_parties(deals):
    rows = BrokeredDeal.objects.filter(pk=deals.rating.deal_id)
    refused(lambda: rows.update(closed_on=None))
    refused(lambda: rows.update(taker=None))
    refused(lambda: rows.update(broker=OrganizationFactory(broker=True)))
    assert rows.update(technology="Another name", holder=None) == 1
    assert BrokeredDeal.objects.filter(pk=deals.closed.pk).update(closed_on=None, taker=None) == 1


def test_texts(deals):
    people, rows = deals.people, RatingText.objects.filter(pk=deals.text.pk)
    after = NOW + datetime.timedelta(days=15)

    def text(kind, who, **also):
        given = {"rating": deals.rating, "kind": kind, "text": "x", "written_at": NOW, "written_by": people[who]}
        return lambda: RatingText.objects.create(**given | also)

    refused(text("answer", "client_staff"))
    refused(text("answer", "other_broker"))
    refused(text("reply", "client_staff"))  # to nothing
    refused(text("rating", "client_staff"))  # twice
    refused(text("answer", "broker_staff", text=""))
    refused(text("answer", "broker_staff", hidden_at=NOW, hidden_by=people["officer"], hidden_reason="x"))
    assert text("answer", "broker_staff")().pk
    refused(text("reply", "broker_staff"))
    assert text("reply", "client_staff")().pk
    refused(lambda: rows.update(text="y"))
    refused(lambda: rows.update(text="y", edited_at=after))
    refused(lambda: rows.update(kind="reply"))
    refused(lambda: rows.update(written_by=people["client_manager"]))
    refused(rows.delete)
    hidden = {"hidden_at": NOW, "hidden_reason": "x"}
    refused(lambda: rows.update(**hidden))
    refused(lambda: rows.update(**hidden, hidden_by=people["client_staff"]))
    refused(lambda: rows.update(**hidden, hidden_by=people["broker_staff"]))
    assert rows.update(**hidden, hidden_by=people["officer"]) == 1
    refused(lambda: rows.update(text="y", edited_at=NOW))
    refused(lambda: rows.update(hidden_at=None, hidden_by=None, hidden_reason=""))


def test_reports(deals):
    report = deals.reported()
    rows = RatingReport.objects.filter(pk=report.pk)
    refused(
        lambda: RatingReport.objects.create(
            text=deals.text, reason="x", reported_at=NOW, reported_by=deals.people["stranger"]
        )
    )
    refused(lambda: rows.update(reason="y"))
    refused(lambda: rows.update(outcome="kept", decided_at=NOW, decided_by=deals.people["stranger"]))
    refused(lambda: rows.update(outcome="lost", decided_at=NOW, decided_by=deals.people["officer"]))
    refused(rows.delete)
    assert rows.update(outcome="kept", decided_at=NOW, decided_by=deals.people["officer"]) == 1
    refused(lambda: rows.update(outcome="hidden"))
