"""Both directions of the matching, and what survives what."""

import datetime
import threading

import pytest
from django.db import models, transaction
from django.utils import timezone

from matching.models import MATCHES_FROM, ListingNews, Match, Need
from matching.outbox import PERCOLATE_TASK
from matching.services import match_need as matching_module
from matching.services import percolate as module
from matching.services.close import close
from matching.services.compile_need import VERSION, compile_need, question, readable
from matching.services.match_need import match_need, needs_to_match
from matching.services.percolate import MEANING_MAY_TAKE, note, percolate
from matching.tasks import match_needs, percolate_news
from notifications.models import Notification
from tech_listings.events import listing_meanings_made
from tech_listings.models import ListingMeaning, SearchState, SearchTerm
from tech_listings.search import meaning
from tech_listings.search.terms import term_id
from tech_listings.services.edit import edit_listing
from tech_listings.services.publish import publish, withdraw
from tests.factories.accounts import MembershipFactory
from tests.factories.matching import POSTED, NeedFactory, NeedMatchFactory
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once

FITS = {
    "title_ko": "수소 저장 합금의 반응 속도 향상",
    "summary_ko": "수소를 저장하는 합금 분말의 표면을 처리해 반응 속도를 높인다.",
}
OTHER = {"title_ko": "김치 유산균 종균", "summary_ko": "가스를 적게 내는 유산균으로 수출용 김치를 담근다."}


def with_meaning(listing):
    """What the worker writes (`services.embed`)."""
    vector = meaning.encode([meaning.text_for_meaning(listing)])[0]
    ListingMeaning.objects.filter(listing=listing).update(vector=vector, model=meaning.MODEL, due_at=None)
    return listing


def matches():
    return {(m.need_id, m.listing_id): (m.score, m.reason) for m in Match.objects.all()}


def now():
    return timezone.now()


# --- the question of a need -------------------------------------------------------------------------------------------


def test_a_question_holds_what_tells_and_leaves_out_what_does_not():
    asked = question("Solid electrolyte for the battery", "It should not be using more than 5 V. 고체 합금")
    assert {"electrolyt", "batteri", "solid", "고체", "합금"} <= set(asked.weights)
    assert not {"the", "for", "not", "5", "v", "=고"} & set(asked.weights)
    assert all(not term.startswith("=") for term in asked.weights)
    assert any(term.startswith("=") for term in question("固态电解质", "锂电池").weights)


def test_rare_words_and_those_of_the_title_weigh_more():
    SearchState.objects.create(documents=10_000)
    SearchTerm.objects.create(id=term_id("수소"), documents=5_000)
    SearchTerm.objects.create(id=term_id("합금"), documents=5)
    weights = question("장치", "수소 합금").weights
    assert weights["합금"] > weights["수소"]
    assert question("합금", "수소").weights["합금"] > weights["합금"]


def test_full_marks_need_more_of_a_sentence_than_of_a_page():
    sentence, page = (
        question("수소 저장", ""),
        question("수소 저장", " ".join(f"낱말{chr(0xAC00 + i)}x{i}" for i in range(80))),
    )
    assert sentence.full_score / sum(sentence.weights.values()) > page.full_score / sum(page.weights.values())
    assert len(page.weights) == 32


def test_a_need_of_nothing_that_tells_is_matched_by_meaning_alone():
    need = NeedFactory(title="?", problem="!")
    with_meaning(ListingFactory(**FITS))
    assert match_need(need_id=need.pk, at=now()) == 0
    need.refresh_from_db()
    assert (need.weights, need.due_at) == (None, None)
    assert need.vector is not None


def test_words_are_shown_as_people_write_them():
    assert readable("Batteries", "전해질막을 固态")["batteri"] == "batteries"
    shown = set(readable("", "전해질막을 固态").values())
    assert {"전해질", "固态"} <= shown


# --- one formula for both directions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("has_meaning", [True, False])
def test_before_or_after_the_need_the_same_listing_is_the_same_match(has_meaning):
    need = NeedFactory()
    listing = ListingFactory(**FITS)
    stranger = ListingFactory(**OTHER)
    if has_meaning:
        with_meaning(listing), with_meaning(stranger)
    match_need(need_id=need.pk, at=now())
    found_from_the_need = matches()
    assert set(found_from_the_need) == {(need.pk, listing.pk)}
    score, reason = found_from_the_need[need.pk, listing.pk]
    assert score >= MATCHES_FROM
    assert {"수소", "합금", "저장"} <= set(reason["words"])
    assert ("meaning" in reason) is has_meaning

    Match.objects.all().delete()
    note([listing.pk, stranger.pk], at=now() - MEANING_MAY_TAKE)
    percolate(at=now())
    assert matches() == found_from_the_need


def test_one_language_finds_the_other_by_meaning_and_by_shared_words():
    need = NeedFactory(title="Hydrogen storage alloy", problem="The alloy that stores hydrogen reacts too slowly.")
    both = with_meaning(ListingFactory(**FITS, title_en="Faster reaction of hydrogen storage alloys"))
    match_need(need_id=need.pk, at=now())
    (reason,) = [reason for _score, reason in matches().values()]
    assert (need.pk, both.pk) in matches()
    assert {"hydrogen", "storage"} <= set(reason["words"])
    assert reason["meaning"] >= 30


def test_only_open_needs_published_listings_and_other_peoples(world):
    closed = NeedFactory(closed=True)
    own = NeedFactory(organization=world.institute)
    NeedFactory()
    withdrawn, draft = ListingFactory(**FITS, withdrawn=True), ListingFactory(**FITS, draft=True)
    for pk in needs_to_match():
        match_need(need_id=pk, at=now())
    assert match_need(need_id=closed.pk, at=now()) == 0
    assert {listing for _need, listing in matches()} == {world.listing.pk}
    assert own.pk not in {need for need, _listing in matches()}

    Match.objects.all().delete()
    note([world.listing.pk, withdrawn.pk, draft.pk], at=now() - MEANING_MAY_TAKE)
    percolate(at=now())
    found = matches()
    assert {listing for _need, listing in found} == {world.listing.pk}
    assert {need for need, _listing in found}.isdisjoint({closed.pk, own.pk})


def test_a_withdrawn_listing_leaves_the_lists(world):
    need = NeedFactory(organization=world.firm, owner=world.firm_staff)
    match = NeedMatchFactory(need=need, listing=world.listing)
    assert list(Match.objects.visible_to(world.firm_staff)) == [match]
    withdraw(listing=world.listing, reason="sold", by=world.institute_staff, at=now())
    assert list(Match.objects.visible_to(world.firm_staff)) == []


def test_at_most_fifty_the_best(monkeypatch):
    monkeypatch.setattr(matching_module, "MOST_PER_NEED", 2)
    need = NeedFactory()
    for _ in range(3):
        ListingFactory(**FITS)
    best = with_meaning(ListingFactory(**FITS))
    match_need(need_id=need.pk, at=now())
    assert len(matches()) == 2
    assert (need.pk, best.pk) in matches()


def test_again_writes_nothing_new_and_other_words_correct_the_score():
    need, listing = NeedFactory(), with_meaning(ListingFactory(**FITS))
    assert match_need(need_id=need.pk, at=now()) == 1
    before = Match.objects.get()
    Need.objects.filter(pk=need.pk).update(due_at=POSTED)
    assert match_need(need_id=need.pk, at=now()) == 0
    assert Match.objects.get().found_at == before.found_at

    Need.objects.filter(pk=need.pk).update(problem="합금 반응 속도", title="수소", due_at=POSTED, analyser=0)
    match_need(need_id=need.pk, at=now())
    after = Match.objects.get()
    assert (after.pk, after.listing) == (before.pk, listing)
    assert after.score != before.score


def test_what_fits_no_more_goes_unless_somebody_was_told_or_judged():
    need = NeedFactory()
    ordinary, told, judged = (NeedMatchFactory(need=need, listing=ListingFactory(**OTHER)) for _ in range(3))
    Match.objects.filter(pk=told.pk).update(alerted_at=POSTED)
    Match.objects.filter(pk=judged.pk).update(why_not="known", judged_at=POSTED)
    match_need(need_id=need.pk, at=now())
    assert set(Match.objects.values_list("pk", flat=True)) == {told.pk, judged.pk}
    assert ordinary.pk


def test_what_was_found_for_a_closed_need_stays():
    match = NeedMatchFactory(need=NeedFactory(closed=True), listing=with_meaning(ListingFactory(**OTHER)))
    note([match.listing_id], at=now())
    assert percolate(at=now()) == 1
    assert Match.objects.filter(pk=match.pk).exists()


def test_a_need_that_fails_keeps_no_other_waiting(monkeypatch):
    bad, good = NeedFactory(), NeedFactory()
    listing = ListingFactory(**FITS)
    real = matching_module.of_need

    def fails_on_one(need):
        if need == bad:
            raise RuntimeError
        return real(need)

    monkeypatch.setattr(matching_module, "of_need", fails_on_one)
    assert match_needs() == 1
    assert set(matches()) == {(good.pk, listing.pk)}
    monkeypatch.undo()
    assert match_needs() == 1
    assert (bad.pk, listing.pk) in matches()


def test_a_new_version_of_the_compiler_asks_anew():
    need = NeedFactory()
    match_need(need_id=need.pk, at=now())
    Need.objects.filter(pk=need.pk).update(analyser=VERSION - 10)
    ListingFactory(**FITS)
    assert needs_to_match() == [need.pk]
    assert match_needs() == 1
    assert needs_to_match() == []


# --- holders hear of it -----------------------------------------------------------------------------------------------


def told():
    return sorted(Notification.objects.filter(kind="need_fits").values_list("params__number", "recipient"))


def test_holders_hear_once_per_need_those_who_may_answer(world):
    assert world.institute_viewer
    for _ in range(2):
        with_meaning(ListingFactory(**FITS, holder=world.institute))
    first = NeedFactory()
    match_need(need_id=first.pk, at=now())
    assert told() == [(first.number, world.institute_staff.pk)]

    later = with_meaning(ListingFactory(**FITS, holder=world.institute))
    note([later.pk], at=now())
    percolate(at=now())
    assert Match.objects.filter(listing=later).exists()
    assert told() == [(first.number, world.institute_staff.pk)]


def test_of_weak_matches_nobody_hears(world, monkeypatch):
    monkeypatch.setattr(matching_module, "HOLDERS_HEAR_FROM", 101)
    need = NeedFactory()
    match_need(need_id=need.pk, at=now())
    assert (Match.objects.count(), told()) == (1, [])


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


def test_members_of_two_organizations_hear_once(world):
    MembershipFactory(organization=world.agency, user=world.institute_staff)
    match_need(need_id=NeedFactory().pk, at=now())
    assert len(told()) <= 1
