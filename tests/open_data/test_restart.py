"""After a restore: the feed begins anew, and webhooks are told what they were not told, not everything again."""

import json

import pytest
from django.core.management import call_command

from open_data.enums import EndpointState, EventKind
from open_data.models import Change, FeedPosition, WebhookMessage
from open_data.queries.cursors import OldCursor, Position, position_of
from open_data.queries.feed import page_after
from open_data.services import restart
from open_data.services.messages import send_due, write_news
from open_data.services.restart import restart_feed
from open_data.services.webhooks import switch
from tech_listings.models import Listing
from tests.factories.open_data import endpoint_of, partner
from tests.factories.tech_listings import REGISTERED, ListingFactory

pytestmark = pytest.mark.usefixtures("feed_sees_all")
KINDS = [EventKind.LISTINGS_CHANGED]


def told(endpoint):
    bodies = endpoint.messages.filter(kind="listings.changed").order_by("pk").values_list("body", flat=True)
    return [item["id"] for body in bodies for item in json.loads(body)["data"]["items"]]


def test_what_was_told_is_not_told_again_and_what_was_not_is_told_once(monkeypatch):
    monkeypatch.setattr(restart, "AT_ONCE", 2)
    endpoint = endpoint_of(partner(), kinds=KINDS)
    before = [ListingFactory() for _ in range(3)]
    write_news(at=REGISTERED)
    assert sorted(told(endpoint)) == sorted(str(each.public_id) for each in before)
    # In the transaction of a test everything has one id: what comes later is made later by hand.
    untold = [ListingFactory() for _ in range(3)]
    Change.objects.filter(object_id__in=[each.public_id for each in untold]).update(xid=2**40)
    WebhookMessage.objects.all().delete()
    old = Position("listings", 5).text

    assert restart_feed(at=REGISTERED) == 2

    assert sorted(told(endpoint)) == sorted(str(each.public_id) for each in untold)
    assert endpoint.messages.count() == 2
    for message in endpoint.messages.all():
        assert position_of(json.loads(message.body)["data"]["since"]).xid == 0
    with pytest.raises(OldCursor):
        position_of(old)
    WebhookMessage.objects.all().delete()
    write_news(at=REGISTERED)
    assert told(endpoint) == []
    # Who reads the feed itself begins anew.
    assert len(page_after(Position("listings"), limit=100).moved) == 6


def test_what_changes_after_it_is_told():
    endpoint = endpoint_of(partner(), kinds=KINDS)
    listing = ListingFactory()
    restart_feed(at=REGISTERED)
    WebhookMessage.objects.all().delete()
    Change.objects.update(xid=1)
    FeedPosition.objects.update(xid=1)
    Listing.objects.filter(pk=listing.pk).update(trl=4)
    write_news(at=REGISTERED)
    assert told(endpoint) == [str(listing.public_id)]


def test_who_is_off_is_told_when_it_is_on_again(answers):
    manager = partner()
    endpoint = endpoint_of(manager, kinds=KINDS, state="off")
    listing = ListingFactory()
    restart_feed(at=REGISTERED)
    assert send_due(at=REGISTERED) == 0
    switch(endpoint=endpoint, to=EndpointState.ACTIVE, by=manager.user, at=REGISTERED)
    assert send_due(at=REGISTERED) == 1
    assert told(endpoint) == [str(listing.public_id)]
    assert len(answers.sent) == 1


def test_who_is_removed_or_asked_for_something_else_is_told_nothing():
    for also in ({"state": "removed"}, {"kinds": [EventKind.BULK_READY]}):
        endpoint_of(partner(), **({"kinds": KINDS} | also))
    ListingFactory()
    restart_feed(at=REGISTERED)
    assert not WebhookMessage.objects.exists()


def test_the_command_makes_files_and_tells_of_them(bulk_folder, capsys):
    endpoint = endpoint_of(partner(), kinds=[EventKind.BULK_READY])
    ListingFactory()
    call_command("restart_feed")
    assert "4 bulk files" in capsys.readouterr().out
    assert endpoint.messages.get().kind == "bulk.ready"
