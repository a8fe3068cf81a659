"""News that meet an editor, a failure that lasts for weeks, or a listing without its row of meaning."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from matching.models import ListingNews, Match
from matching.services import percolate as module
from matching.services.compile_need import compile_need
from matching.services.match_need import hold_against_needs
from matching.services.pauses import LONGEST_WAIT
from matching.services.percolate import note, percolate
from tech_listings.events import listings_written
from tech_listings.models import Listing, ListingMeaning
from tech_listings.services.edit import edit_listing
from tests.factories.matching import NeedFactory
from tests.factories.matching_searches import give_meaning
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once


def now():
    return timezone.now()


@pytest.fixture(autouse=True)
def asleep(monkeypatch):
    """Nobody is woken after a commit: the tests do what the workers do."""
    monkeypatch.setattr(module, "percolate_after_commit", lambda: None)
    monkeypatch.setattr("tech_listings.services.edit.embed_after_commit", lambda: None)


@pytest.mark.django_db(transaction=True)
def test_an_editor_and_the_worker_do_not_wait_for_each_other_in_a_circle(world, monkeypatch):
    """The editor holds the listing and writes the news; the worker holds the news and writes a match of the listing."""
    need = NeedFactory()
    compile_need(need_id=need.pk, at=now())
    give_meaning(world.listing)
    note([world.listing.pk], at=now())
    editor, worker = threading.Event(), threading.Event()
    locked = module.note

    def holding(listing_ids, *, at):
        editor.set()
        worker.wait(2)  # longer than it takes where the worker left the listing alone
        locked(listing_ids, at=at)

    def found(listing, at):
        done = hold_against_needs(listing, at)
        worker.set()
        return done

    monkeypatch.setattr("matching.handlers.note", holding)
    monkeypatch.setattr(module, "MATCHERS", [found])

    def edit():
        return edit_listing(
            listing=world.listing,
            content={"title_en": "Hydrogen storage alloy"},
            rights=None,
            seen_revision=world.listing.revision,
            by=world.institute_staff,
            at=now(),
        )

    def work():
        editor.wait(5)
        return percolate(at=now())

    results = at_once(edit, work)

    assert [one for one in results if isinstance(one, Exception)] == []
    assert Listing.objects.get().title_en == "Hydrogen storage alloy"
    monkeypatch.undo()
    give_meaning(world.listing)
    percolate(at=now())
    assert [m.listing_id for m in Match.objects.all()] == [world.listing.pk]
    assert not ListingNews.objects.exists()


def test_what_has_failed_for_weeks_waits_no_longer_and_keeps_nobody_waiting(world, monkeypatch):
    def fails(listing, at):
        raise ValueError("broken")

    at = now()
    give_meaning(world.listing)
    note([world.listing.pk], at=at)
    ListingNews.objects.update(attempts=60)
    monkeypatch.setattr(module, "MATCHERS", [fails])

    assert percolate(at=at) == 1

    assert ListingNews.objects.get().since == at + LONGEST_WAIT


def test_a_listing_without_its_row_of_meaning_goes_by_its_words(world):
    need = NeedFactory()
    compile_need(need_id=need.pk, at=now())
    note([world.listing.pk], at=now() - timedelta(hours=1))
    ListingMeaning.objects.all().delete()

    assert percolate(at=now()) == 1

    assert [m.listing_id for m in Match.objects.all()] == [world.listing.pk]


def test_what_is_published_by_hand_does_not_wait_for_an_import(world):
    imported = [ListingFactory() for _ in range(3)]
    for listing in (*imported, world.listing):
        give_meaning(listing)
    listings_written.send(sender=Listing, listing_ids=[listing.pk for listing in imported], at=now())
    note([world.listing.pk], at=now())

    assert percolate(at=now(), most=1) == 1

    assert set(ListingNews.objects.values_list("listing", flat=True)) == {listing.pk for listing in imported}
    assert percolate(at=now()) == 3


def test_what_an_import_brought_and_somebody_edits_is_by_hand_from_then_on(world):
    note([world.listing.pk], at=now(), of_import=True)
    note([world.listing.pk], at=now())
    assert ListingNews.objects.get().of_import is False
