"""Both directions of the matching, and what survives what."""

from datetime import timedelta

import pytest

from matching.models import MATCHES_FROM, Match, Need
from matching.services import match_need as matching_module
from matching.services.compile_need import VERSION, question, readable
from matching.services.edit import edit
from matching.services.match_need import match_need, needs_to_match
from matching.services.percolate import MEANING_MAY_TAKE, note, percolate
from matching.tasks import match_needs
from tech_listings.models import SearchState, SearchTerm
from tech_listings.search.terms import term_id
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory
from tests.factories.matching import POSTED, NeedFactory, NeedMatchFactory
from tests.factories.tech_listings import ListingFactory
from tests.matching.fitting import FITS, OTHER, matches, now, told, with_meaning

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
    for pk in needs_to_match(now()):
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
    assert match_needs() == 0, "it pauses"
    assert matching_module.match_due(at=now() + timedelta(minutes=2)) == 1
    assert (bad.pk, listing.pk) in matches()


def test_a_new_version_of_the_compiler_asks_anew():
    need = NeedFactory()
    match_need(need_id=need.pk, at=now())
    Need.objects.filter(pk=need.pk).update(analyser=VERSION - 10)
    ListingFactory(**FITS)
    assert needs_to_match(now()) == [need.pk]
    assert match_needs() == 1
    assert needs_to_match(now()) == []


def test_one_that_fails_pauses_longer_each_time_and_starts_anew_with_other_words(world, monkeypatch):
    need, at = NeedFactory(), now()

    def fails(*args):
        raise ValueError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(matching_module, "find", fails)
        tried = []
        for minute in range(9):
            moment = at + timedelta(minutes=minute)
            tried += [minute] * (needs_to_match(moment) == [need.pk])
            matching_module.match_due(at=moment)
    assert tried == [0, 1, 3, 7]
    need.refresh_from_db()
    assert (need.attempts, need.due_at) == (4, at + timedelta(minutes=15))
    assert not Match.objects.exists()

    edit(need=need, content={"problem": "합금"}, seen_revision=1, by=need.owner, at=at)
    need.refresh_from_db()
    assert (need.attempts, need.due_at) == (0, at)
    Need.objects.filter(pk=need.pk).update(attempts=60)
    matching_module.match_due(at=at)
    need.refresh_from_db()
    assert (need.attempts, need.due_at) == (0, None)


def test_an_outdated_one_that_fails_pauses_too(monkeypatch):
    need, at = NeedFactory(due_at=None), now()
    monkeypatch.setattr(matching_module, "compile_need", lambda **given: 1 / 0)
    matching_module.match_due(at=at)
    need.refresh_from_db()
    assert (need.attempts, needs_to_match(at)) == (1, [])
    assert needs_to_match(at + timedelta(minutes=1)) == [need.pk]


def test_many_that_fail_keep_no_new_one_waiting(world, monkeypatch):
    monkeypatch.setattr(matching_module, "AT_ONE_GO", 2)
    broken = [NeedFactory() for _ in range(3)]
    compiled, at = matching_module.compile_need, now()

    def some_fail(*, need_id, at):
        if need_id in {need.pk for need in broken}:
            raise ValueError("broken")
        return compiled(need_id=need_id, at=at)

    monkeypatch.setattr(matching_module, "compile_need", some_fail)
    good = NeedFactory()
    for _ in range(2):
        matching_module.match_due(at=at)
    assert {need for need, _listing in matches()} == {good.pk}


# --- holders hear of it -----------------------------------------------------------------------------------------------


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


def test_members_of_two_organizations_hear_once(world):
    MembershipFactory(organization=world.agency, user=world.institute_staff)
    match_need(need_id=NeedFactory().pk, at=now())
    assert len(told()) <= 1
