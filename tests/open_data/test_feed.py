"""What changes comes once, in an order that can be gone on from, and nothing of what is not public."""

import itertools

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Organization
from brokers.models import Registration
from brokers.services.cases.by_the_day import end_suspensions
from open_data.enums import Collection
from open_data.models import Change, Era
from open_data.queries.cursors import BadCursor, OldCursor, Position, position_of
from open_data.queries.feed import moved_after, page_after
from open_data.queries.records import FIELDS, records
from tech_listings.enums import ListingState, SuspendedFor
from tech_listings.models import Listing, Right
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.cases import DAY, DECIDED, noticed, opened, suspended
from tests.factories.brokers.register import agency
from tests.factories.tech_listings import REGISTERED, ListingFactory

ADDRESS = "/api/v1/changes/"


def noted(collection=Collection.LISTINGS):
    return set(Change.objects.filter(collection=collection).values_list("object_id", flat=True))


def forget():
    Change.objects.all().delete()


def test_what_everybody_sees_is_noted_and_what_nobody_sees_is_not():
    shown, draft = ListingFactory(), ListingFactory(draft=True)
    assert noted() == {shown.public_id}
    forget()
    Listing.objects.filter(pk=draft.pk).update(title_ko="새 이름")
    assert not noted()


@pytest.mark.parametrize(
    "change",
    [{"title_en": "Another"}, {"price_won": 7}, {"keywords": ["one"]}, {"trl": 3}, {"confirmed_on": REGISTERED.date()}],
    ids=lambda change: next(iter(change)),
)
def test_a_public_field_that_changes_is_noted(change):
    listing = ListingFactory()
    forget()
    Listing.objects.filter(pk=listing.pk).update(**change)
    assert noted() == {listing.public_id}


@pytest.mark.parametrize(
    "change",
    [{"confidential_text": "closed"}, {"raw_hash": "abc"}, {"reviewed_at": REGISTERED}, {"source_key": ""}],
    ids=lambda change: next(iter(change)),
)
def test_what_is_not_public_changes_nothing_for_a_mirror(change):
    listing = ListingFactory()
    forget()
    Listing.objects.filter(pk=listing.pk).update(**change)
    assert not noted()


def test_rights_and_the_name_of_the_holder_are_part_of_it():
    listing, other = ListingFactory(rights=[{"application_number": "1020260000001"}]), ListingFactory()
    for write in (
        lambda: Right.objects.filter(listing=listing).update(status="registered"),
        lambda: Right.objects.filter(listing=listing).delete(),
        lambda: Right.objects.create(listing=listing, application_number="1020260000002"),
        lambda: Organization.objects.filter(pk=listing.holder_id).update(name="새 이름"),
    ):
        forget()
        write()
        assert noted() == {listing.public_id}
    forget()
    Right.objects.filter(listing=listing).update(applicants="Somebody")
    Organization.objects.filter(pk=other.holder_id).update(phone="02-000-0000")
    assert not noted()


def test_what_goes_to_another_holder_is_told_with_that_one(feed_sees_all):
    listing, other = ListingFactory(), OrganizationFactory(institute=True)
    forget()
    Listing.objects.filter(pk=listing.pk).update(holder=other)
    (moved,) = page_after(Position(Collection.LISTINGS), limit=10).moved
    assert moved.record["holder"]["id"] == str(other.public_id)


def test_many_rows_of_one_statement_are_noted_each_once_per_transaction():
    listings = [ListingFactory() for _ in range(5)]
    forget()
    Listing.objects.update(trl=4)
    Listing.objects.update(trl=5)
    assert sorted(Change.objects.values_list("object_id", flat=True)) == sorted(each.public_id for each in listings)


def test_the_register_of_brokers_is_a_collection_of_its_own(feed_sees_all):
    broker = agency(introduction_ko="소개")
    (moved,) = page_after(Position(Collection.BROKERS), limit=10).moved
    assert moved.object_id == broker.public_id
    assert moved.record["introduction_ko"] == "소개"
    assert not noted(Collection.LISTINGS)
    forget()
    Registration.objects.filter(pk=broker.pk).update(below_since=REGISTERED.date())
    assert not noted(Collection.BROKERS)
    Organization.objects.filter(pk=broker.organization_id).update(name_en="Another")
    assert noted(Collection.BROKERS) == {broker.public_id}


@pytest.mark.parametrize("hearing", [False, True], ids=["nothing else", "another hearing is ahead"])
def test_a_suspension_that_ends_by_its_day_is_noted(feed_sees_all, hearing):
    """Nobody writes to the entry on that day but the night's work, which does."""
    broker = suspended(until=DECIDED.date() + 3 * DAY).registration
    if hearing:
        noticed(opened(broker, ground="no_deal", at=DECIDED), at=DECIDED)
    with time_machine.travel(DECIDED + 3 * DAY, tick=False):
        (before,) = page_after(Position(Collection.BROKERS), limit=10).moved
        assert (before.record["state"], before.record["suspended_until"] is None) == ("suspended", False)
    forget()
    over = DECIDED + 4 * DAY
    end_suspensions(at=over)
    assert noted(Collection.BROKERS) == {broker.public_id}
    with time_machine.travel(over, tick=False):
        (after,) = page_after(Position(Collection.BROKERS), limit=10).moved
        assert (after.record["state"], after.record["suspended_until"]) == ("registered", None)


def read(client, **query):
    answer = client.get(ADDRESS, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_pages_go_on_from_the_cursor_and_end(client, feed_sees_all):
    listings = {str(ListingFactory().public_id) for _ in range(7)}
    found, cursor = [], ""
    for _round in range(4):
        page = read(client, since=cursor, limit=2)
        found += [row["id"] for row in page["changes"]]
        assert page["cursor"] != cursor
        cursor = page["cursor"]
        if not page["more"]:
            break
    assert sorted(found) == sorted(listings)
    again = read(client, since=cursor)
    assert again["changes"] == []
    assert again["more"] is False
    assert again["cursor"] == cursor


def test_what_is_off_the_market_is_a_tombstone_that_stays(client, feed_sees_all):
    listing = ListingFactory(title_ko="사라질 기술", confidential_text="closed")
    manager = MembershipFactory(organization=listing.holder, role="manager").user
    withdraw(listing=listing, reason="Sold", by=manager, at=timezone.now())
    (row,) = read(client)["changes"]
    assert row == {"id": str(listing.public_id), "deleted": True, "changed_at": row["changed_at"], "record": None}
    assert "사라질" not in client.get(ADDRESS).content.decode()
    assert read(client)["changes"] == [row]


@pytest.mark.parametrize("state", [state for state in ListingState if state not in ("closed",)])
def test_only_what_opens_for_everybody_has_a_record(state, feed_sees_all):
    """Whatever way a row went, the state decides at the moment of reading."""
    listing = ListingFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        extra = {
            "suspended": {"suspended_at": REGISTERED, "suspended_for": SuspendedFor.DISPUTE},
            "withdrawn": {"withdrawn_at": REGISTERED},
            "exempted": {"exempted_until": REGISTERED.date()},
        }.get(state, {})
        Listing.objects.filter(pk=listing.pk).update(state=state, **extra)
        cursor.execute("SET LOCAL session_replication_role = origin")
    (moved,) = page_after(Position(Collection.LISTINGS), limit=10).moved
    assert (moved.record is not None) == (state in ("published", "under_negotiation", "contracted"))


def test_a_record_has_exactly_the_fields_that_are_named(feed_sees_all):
    listing, broker = ListingFactory(rights=[{"application_number": "1020260000001"}]), agency()
    for collection, row in ((Collection.LISTINGS, listing), (Collection.BROKERS, broker)):
        record, number = records(collection, [row.public_id])[row.public_id]
        assert set(record) == set(FIELDS[collection])
        assert number == row.number


def test_fields_can_be_chosen(client, feed_sees_all):
    listing = ListingFactory()
    (row,) = read(client, opt_fields="number,title_ko")["changes"]
    assert row["record"] == {"number": listing.number, "title_ko": listing.title_ko}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "nonsense"}, "since"),
        ({"since": "a.b"}, "since"),
        ({"since": "=" * 9000}, "since"),
        ({"since": "\x00"}, "since"),
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"limit": "²"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"collection": "people"}, "collection"),
        ({"opt_fields": "confidential_text"}, "opt_fields"),
        ({"opt_fields": "number,holder__head_email"}, "opt_fields"),
        ({"page": "2"}, "page"),
    ],
)
def test_what_cannot_be_read_is_named(client, query, field):
    answer = client.get(ADDRESS, query)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_cursor_of_another_collection_or_era_is_refused():
    text = Position(Collection.BROKERS, 5).text
    with pytest.raises(BadCursor):
        position_of(text, collection=Collection.LISTINGS)
    assert position_of(text, collection=Collection.BROKERS) == Position(Collection.BROKERS, 5)
    Era.objects.create(number=2, begun_at=REGISTERED)
    with pytest.raises(OldCursor):
        position_of(text, collection=Collection.BROKERS)


def test_a_page_asks_as_often_for_many_as_for_few(client, feed_sees_all, django_assert_max_num_queries):
    for _ in range(12):
        ListingFactory(rights=[{"application_number": "1020260000001"}])
    with django_assert_max_num_queries(5):
        assert len(read(client)["changes"]) == 12


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_not_over_holds_back_what_came_later():
    """And without the watermark the earlier one is never seen: the very mistake of lessons F46."""
    early, late = ListingFactory(), ListingFactory()
    start = read_all(Position(Collection.LISTINGS))[1]
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("UPDATE tech_listings_listing SET trl = 1 WHERE id = %s", [early.pk])
        Listing.objects.filter(pk=late.pk).update(trl=2)
        assert read_all(start)[0] == []
        careless, moved_on = read_all(start, careless=True)
        assert [row.object_id for row in careless] == [late.public_id]
        other.commit()
    finally:
        other.close()
    assert [row.object_id for row in read_all(start)[0]] == [early.public_id, late.public_id]
    assert read_all(moved_on)[0] == []


def read_all(position, *, careless=False):
    from open_data.queries import feed

    kept = feed.WATERMARK
    if careless:
        feed.WATERMARK = "9223372036854775807"
    try:
        rows = []
        for _round in itertools.count():
            page = moved_after(position, limit=100)
            rows += page.moved
            position = page.end
            if not page.more:
                return rows, position
            assert _round < 1000
    finally:
        feed.WATERMARK = kept


@pytest.mark.django_db(transaction=True)
def test_what_was_turned_back_is_never_told():
    listing = ListingFactory()
    start = read_all(Position(Collection.LISTINGS))[1]
    with transaction.atomic():
        Listing.objects.filter(pk=listing.pk).update(trl=1)
        transaction.set_rollback(True)
    assert read_all(start)[0] == []
    assert Client().get(ADDRESS).status_code == 200
