"""What is published or changed meets the needs that are there: news, their workers, and both at the same moment."""

import datetime
import threading

import pytest
from django.db import models, transaction

from matching.models import ListingNews, Match, Need
from matching.outbox import PERCOLATE_TASK
from matching.services import match_need as matching_module
from matching.services import percolate as module
from matching.services.close import close
from matching.services.compile_need import compile_need
from matching.services.match_need import match_need
from matching.services.percolate import MEANING_MAY_TAKE, note, percolate
from matching.tasks import percolate_news
from notifications.models import Notification
from tech_listings.events import listing_meanings_made
from tech_listings.services.edit import edit_listing
from tests.factories.matching import NeedFactory
from tests.factories.tech_listings import ListingFactory, publish
from tests.matching.fitting import FITS, matches, now, told, with_meaning
from tests.threads import at_once

# --- news -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def asleep(monkeypatch):
    """Nobody is woken after a commit: the test does what the worker does."""
    monkeypatch.setattr(module, "percolate_after_commit", lambda: None)


def news():
    return set(ListingNews.objects.values_list("listing", flat=True))


def test_publishing_and_changing_is_news_editing_a_draft_is_not(world):
    draft = ListingFactory(holder=world.institute, draft=True)
    given = {"by": world.institute_staff, "at": now()}
    edit_listing(listing=draft, content={"title_ko": "새 제목"}, rights=None, seen_revision=1, **given)
    assert news() == set()
    publish(listing=draft, **given)
    assert news() == {draft.pk}
    edit_listing(listing=world.listing, content={"title_ko": "새 제목"}, rights=None, seen_revision=1, **given)
    assert news() == {draft.pk, world.listing.pk}


def test_what_is_rolled_back_is_no_news(world):
    with transaction.atomic():
        note([world.listing.pk], at=now())
        transaction.set_rollback(True)
    assert news() == set()


def test_the_worker_is_woken_after_the_commit(world, django_capture_on_commit_callbacks, monkeypatch):
    woken = []
    monkeypatch.setattr("celery.canvas.Signature.delay", lambda self, *a, **k: woken.append(self.task))
    with django_capture_on_commit_callbacks(execute=True):
        note([world.listing.pk], at=now())
        assert woken == []
    assert woken == [PERCOLATE_TASK]
    with django_capture_on_commit_callbacks(execute=True):
        listing_meanings_made.send(sender=None, listing_ids=[world.listing.pk])
    assert woken == [PERCOLATE_TASK] * 2


def test_a_queue_that_is_down_costs_only_a_delay(world, django_capture_on_commit_callbacks, monkeypatch):
    need = NeedFactory()
    compile_need(need_id=need.pk, at=now())
    with_meaning(world.listing)

    def down(*args, **kwargs):
        raise ConnectionError

    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr("matching.tasks.percolate_news.apply_async", down)
        note([world.listing.pk], at=now())
    assert news() == {world.listing.pk}
    assert percolate_news() == 1
    assert (need.pk, world.listing.pk) in matches()
    assert news() == set()


def test_it_waits_for_its_meaning_ten_minutes_then_goes_by_words_and_again_with_it(world):
    need, since = NeedFactory(), now()
    compile_need(need_id=need.pk, at=since)
    note([world.listing.pk], at=since)
    assert percolate(at=since + MEANING_MAY_TAKE - datetime.timedelta(seconds=1)) == 0
    assert percolate(at=since + MEANING_MAY_TAKE) == 1
    (by_words,) = matches().values()
    assert "meaning" not in by_words[1]
    assert percolate(at=since + MEANING_MAY_TAKE * 5) == 0  # once by words

    with_meaning(world.listing)
    assert percolate(at=since + MEANING_MAY_TAKE * 5) == 1
    (with_both,) = matches().values()
    assert with_both[0] > by_words[0]
    assert news() == set()


def test_killed_in_the_middle_nothing_is_half_written(world, monkeypatch):
    need = NeedFactory()
    compile_need(need_id=need.pk, at=now())
    with_meaning(world.listing)
    note([world.listing.pk], at=now())

    def killed(listing, at):
        matching_module.hold_against_needs(listing, at)
        raise SystemExit

    monkeypatch.setattr(module, "MATCHERS", [killed])
    with pytest.raises(SystemExit), transaction.atomic():
        percolate(at=now())
    assert (matches(), told(), news()) == ({}, [], {world.listing.pk})
    monkeypatch.undo()
    assert percolate(at=now()) == 1
    assert (len(matches()), news()) == (1, set())


def test_what_cannot_be_done_is_put_off_and_keeps_nobody_waiting(world, monkeypatch):
    good = with_meaning(ListingFactory(**FITS))
    with_meaning(world.listing)
    need, at = NeedFactory(), now()
    compile_need(need_id=need.pk, at=at)
    note([world.listing.pk], at=at - datetime.timedelta(minutes=1))
    note([good.pk], at=at)

    def fails_on_one(listing, moment):
        found = matching_module.hold_against_needs(listing, moment)
        if listing == world.listing:
            raise RuntimeError
        return found

    monkeypatch.setattr(module, "MATCHERS", [fails_on_one])
    percolate(at=at)
    assert set(matches()) == {(need.pk, good.pk)}
    waiting = ListingNews.objects.get()
    assert (waiting.listing, waiting.attempts) == (world.listing, 1)
    assert waiting.since > at
    monkeypatch.undo()
    assert percolate(at=waiting.since) == 1
    assert len(matches()) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_match_each(world, asleep):
    need = NeedFactory()
    compile_need(need_id=need.pk, at=now())
    listings = [with_meaning(ListingFactory(**FITS)) for _ in range(3)]
    note([listing.pk for listing in listings], at=now())
    done = at_once(*[lambda: percolate(at=now())] * 3)
    assert sum(done) == 3
    assert {listing for _need, listing in matches()} == {listing.pk for listing in listings}
    assert news() == set()


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_workers_would_do_the_same_work(world, asleep, monkeypatch):
    """Proof that the test above tests the lock: both hold the same news before either takes it away."""
    need = NeedFactory()
    compile_need(need_id=need.pk, at=now())
    with_meaning(world.listing)
    note([world.listing.pk], at=now())
    gate, seen = threading.Barrier(2), []

    def both(listing, at):
        seen.append(listing.pk)
        gate.wait(5)
        return matching_module.hold_against_needs(listing, at)

    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **kwargs: self)
    monkeypatch.setattr(module, "MATCHERS", [both])
    at_once(*[lambda: percolate(at=now(), most=1)] * 2)
    assert seen == [world.listing.pk] * 2
    assert len(matches()) == 1  # the constraint is the last guard


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_match_a_need_once(world):
    need = NeedFactory()
    done = at_once(*[lambda: match_need(need_id=need.pk, at=now())] * 2)
    assert sorted(done) == [0, 1]
    assert Match.objects.count() == 1
    assert Notification.objects.filter(kind="need_fits").count() <= 1


@pytest.mark.django_db(transaction=True)
def test_a_need_and_a_listing_of_the_same_moment_find_each_other(world, asleep):
    need = NeedFactory()
    with_meaning(world.listing)
    note([world.listing.pk], at=now())
    at_once(lambda: match_need(need_id=need.pk, at=now()), lambda: percolate(at=now()))
    assert set(matches()) == {(need.pk, world.listing.pk)}


def test_a_need_closed_meanwhile_is_not_matched(world):
    need = NeedFactory(organization=world.firm, owner=world.firm_staff)
    compile_need(need_id=need.pk, at=now())
    close(need=need, outcome="withdrawn", by=world.firm_staff, at=now())
    Need.objects.filter(pk=need.pk).update(due_at=now())
    assert match_need(need_id=need.pk, at=now()) == 0
    need.refresh_from_db()
    assert need.due_at is None


def test_an_import_is_news_in_one_question(django_assert_num_queries):
    listings = [ListingFactory(**FITS) for _ in range(5)]
    with django_assert_num_queries(1):
        note([listing.pk for listing in listings], at=now())
    assert news() == {listing.pk for listing in listings}


def test_a_listing_asks_as_often_for_many_needs_as_for_few(world, django_assert_max_num_queries):
    with_meaning(world.listing)
    for _ in range(15):
        compile_need(need_id=NeedFactory(organization=world.firm, owner=world.firm_staff).pk, at=now())
    note([world.listing.pk], at=now())
    with django_assert_max_num_queries(14 + 15 * 8):
        percolate(at=now())
    Match.objects.update(score=100)
    note([world.listing.pk], at=now())
    with django_assert_max_num_queries(20):
        percolate(at=now())
    assert Match.objects.filter(score__lt=100).count() == 15
