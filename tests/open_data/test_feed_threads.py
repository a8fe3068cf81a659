"""Two writers with long transactions and a reader between their commits (lessons F46), against the real database."""

import gzip
import json
import os
import random
import threading
import time

import pytest
from django.db import close_old_connections, connection, transaction

from open_data.enums import Collection
from open_data.models import BulkFile, Change
from open_data.queries import feed
from open_data.queries.cursors import Position, position_of
from open_data.queries.feed import moved_after
from open_data.services.bulk import make_bulk, path_of
from tech_listings.models import Listing
from tests.factories.tech_listings import REGISTERED, ListingFactory

ROUNDS = int(os.environ.get("FEED_ROUNDS", "300"))
"""Transactions of each writer. `FEED_ROUNDS=5000` is how it was looked at once (docs/bench.md)."""
LISTINGS = 8
pytestmark = pytest.mark.django_db(transaction=True)


def written(pks, rounds, seed, stop):
    """Transactions of one writer: the id is given out at the first write, the commit comes whenever it comes."""
    chance = random.Random(seed)
    try:
        for number in range(rounds):
            with transaction.atomic():
                for pk in sorted(chance.sample(pks, chance.randint(1, 2))):
                    Listing.objects.filter(pk=pk).update(price_won=seed * 1_000_000 + number)
                    if chance.random() < 0.3:
                        time.sleep(chance.random() / 500)
                if chance.random() < 0.05:
                    transaction.set_rollback(True)
    finally:
        stop.release()
        connection.close()


def run(rounds=ROUNDS):
    """What a reader got that read all the time, as (xid, object), and where it stands."""
    pks = [ListingFactory().pk for _ in range(LISTINGS)]
    halves = [pks[::2], pks[1::2]]  # the writers wait for nobody
    done = threading.Semaphore(0)
    writers = [threading.Thread(target=written, args=(half, rounds, seed, done)) for seed, half in enumerate(halves, 1)]
    got, position, pages = [], Position(Collection.LISTINGS), 0
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        # As a partner does it: the cursor goes out as text and comes back.
        position, found = step(position_of(position.text))
        got += found
        pages += 1
    for writer in writers:
        writer.join()
    close_old_connections()
    return got, position, pages


def step(position):
    page = moved_after(position, limit=7)
    return page.end, [(row.xid, row.object_id) for row in page.moved]


def rest(position, until):
    """What comes once the watermark has passed everything; other transactions of this database may hold it a while."""
    found, end = [], time.monotonic() + 120
    while time.monotonic() < end:
        position, more = step(position)
        found += more
        if not more and position.xid >= until:
            return found
        if not more:
            time.sleep(0.05)
    raise AssertionError("the watermark never came")


def all_changes():
    return list(Change.objects.order_by("xid", "object_id").values_list("xid", "object_id"))


def last_of_each_page_only(got):
    """Of an object that stands in a page twice only the last is given, so some rows of the table are not in `got`."""
    latest = {}
    for xid, object_id in got:
        latest[object_id] = xid
    return latest


def test_nothing_is_skipped_and_nothing_comes_twice():
    got, position, pages = run()
    changes = all_changes()
    got += rest(position, changes[-1][0])
    assert pages > ROUNDS // 15
    assert len(got) == len(set(got))
    assert got == sorted(got)
    assert set(got) <= set(changes)
    assert last_of_each_page_only(got) == last_of_each_page_only(changes)


def test_without_the_watermark_something_is_skipped(monkeypatch):
    monkeypatch.setattr(feed, "WATERMARK", "9223372036854775807")
    monkeypatch.setattr(feed, "moved_after", moved_after)
    skipped = 0
    for _try in range(5):
        got, position, _pages = run(300)
        got += step(position)[1]
        late = {row for row in all_changes() if row not in set(got)}
        # A row that came later than the reader had gone, not one that a later row of its page stands for.
        skipped = sum(1 for row in late if row < (position.xid, position.object_id))
        if skipped:
            break
        Change.objects.all().delete()
    assert skipped


def test_a_bulk_file_and_the_feed_after_it_hold_everything_once(bulk_folder):
    pks = [ListingFactory().pk for _ in range(LISTINGS)]
    done = threading.Semaphore(0)
    writers = [
        threading.Thread(target=written, args=(half, max(ROUNDS, 400), seed, done))
        for seed, half in enumerate([pks[::2], pks[1::2]], 1)
    ]
    for writer in writers:
        writer.start()
    taken = 0
    while any(writer.is_alive() for writer in writers):
        make_bulk(at=REGISTERED.replace(microsecond=0) + taken * (REGISTERED - REGISTERED.replace(second=59)))
        taken += 1
        if taken > 25:
            break
    for writer in writers:
        writer.join()
    assert taken > 3
    changes = all_changes()
    for file in BulkFile.objects.filter(collection="listings", format="jsonl"):
        check_joined(file, changes)


def check_joined(file, changes):
    start = position_of(file.cursor)
    seen = {}
    for line in gzip.decompress(path_of(file.name).read_bytes()).splitlines():
        record = json.loads(line)
        seen[record["id"]] = record["price_won"]
    after = rest(start, changes[-1][0])
    assert len(after) == len(set(after))
    # What the file has seen does not come again, and what it has not seen does.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xid, object_id FROM open_data_change WHERE collection = 'listings'"
            " AND NOT pg_visible_in_snapshot(xid::text::xid8, %s::pg_snapshot)",
            [start.snapshot],
        )
        unseen = set(cursor.fetchall())
    assert set(after) <= unseen
    assert {object_id for _xid, object_id in after} == {object_id for _xid, object_id in unseen}
    now = {str(row.public_id): row.price_won for row in Listing.objects.all()}
    mirrored = seen | {str(object_id): now[str(object_id)] for _xid, object_id in after}
    assert mirrored == now
