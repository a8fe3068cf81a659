"""The vocabulary of suggestions: which words there are, and how it is kept up."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from tech_listings.enums import ListingState
from tech_listings.models import Listing, SearchState, SearchWord
from tech_listings.search.documents import write_documents
from tech_listings.search.words import suggest
from tech_listings.services.refresh_words import refresh_words, words_of
from tech_listings.tasks import refresh_words as refresh_task
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import REGISTERED, ListingFactory, publish
from tests.threads import at_once


def refresh():
    return refresh_words(at=timezone.now())


def texts(typed, kind="word", language="ko"):
    return [s.text for s in suggest(typed, language=language) if s.kind == kind]


# --- the vocabulary ---------------------------------------------------------------------------------------------------


def test_words_are_keywords_as_written_and_nouns_of_titles(hydrogen):
    words = dict(SearchWord.objects.values_list("word", "documents"))
    assert words["수소"] == 2
    assert words["OLED"] == 2
    assert {"수소 저장", "solid electrolyte", "储氢", "합금", "연료전지", "battery"} - set(
        map(str.lower, words)
    ) == set()
    row = SearchWord.objects.get(word="수소 저장")
    assert (row.letters, row.initials, row.keys) == ("ㅅㅜㅅㅗ ㅈㅓㅈㅏㅇ", "ㅅㅅ ㅈㅈ", "tnth wjwkd")
    assert row.seen_in == [hydrogen[0].pk]


def test_words_are_no_numbers_no_fillers_and_neither_too_short_nor_too_long():
    found = words_of(["A 10 of 2차 method", "방법"], ["x" * 61, "y", "2024", "one two three four five six seven", "AI"])
    assert "AI" in found
    assert not {"A", "10", "of", "method", "방법", "y", "2024", "x" * 61} & set(found)
    assert all(len(word.split()) <= 6 for word in found)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("수소저장을", {"수소", "저장", "수소저장"}),
        ("이차전지용", {"전지", "이차전지", "이차전지용"}),
        ("수소연료전지의 촉매", {"수소", "연료전지", "수소연료전지", "촉매"}),
        ("저장하는 반도체", {"저장", "반도체"}),
        ("Hydrogen of OLED for LiFePO4", {"hydrogen", "OLED", "LiFePO4"}),
        ("储氢合金及其制造方法", set()),
    ],
)
def test_words_of_a_title(title, words):
    assert set(words_of([title], [])) == words


def test_the_usual_spelling_is_kept():
    for keyword in ("OLED", "OLED", "Oled"):
        ListingFactory(keywords=[keyword])
    refresh()
    assert list(SearchWord.objects.filter(letters="oled").values_list("word", "documents")) == [("OLED", 3)]


def test_drafts_withdrawn_and_confidential_parts_give_no_words():
    ListingFactory(draft=True, title_ko="카나리아", title_en="", keywords=["kanarienvogel"])
    ListingFactory(withdrawn=True, title_ko="카나리아", title_en="", keywords=["kanarienvogel"])
    ListingFactory(confidential_text="카나리아 kanarienvogel", confidential_reason="카나리아", summary_ko="x")
    refresh()
    assert SearchWord.objects.count() > 0
    assert not SearchWord.objects.filter(word__in=["카나리아", "kanarienvogel"]).exists()


def test_only_differences_are_written_and_nothing_where_nothing_happened(hydrogen):
    kept = dict(SearchWord.objects.values_list("word", "pk"))
    with CaptureQueriesContext(connection) as asked:
        assert refresh() == 0
    assert len(asked) == 2

    ListingFactory(title_ko="새로운 촉매", title_en="", keywords=["OLED"])
    hydrogen[1].state, hydrogen[1].withdrawn_at = ListingState.WITHDRAWN, REGISTERED
    hydrogen[1].save()
    with CaptureQueriesContext(connection) as asked:
        assert 0 < refresh() < len(kept)

    now = dict(SearchWord.objects.values_list("word", "pk"))
    assert "촉매" in now
    assert "vehicles" not in now
    assert {word: pk for word, pk in now.items() if word in kept}.items() <= kept.items()
    assert SearchWord.objects.get(word="OLED").documents == 2
    assert not [q for q in asked if "FOR UPDATE" in q["sql"] and "searchword" in q["sql"]]


def test_batches_meet_without_a_gap(monkeypatch):
    monkeypatch.setattr("tech_listings.services.refresh_words.LISTINGS_AT_ONCE", 2)
    monkeypatch.setattr("tech_listings.services.refresh_words.WORDS_AT_ONCE", 3)
    for number in range(7):
        ListingFactory(title_ko="", title_en=f"word{number}x shared", keywords=[f"key{number}"])
    refresh()
    assert SearchWord.objects.get(word="shared").documents == 7
    assert SearchWord.objects.count() == 15
    Listing.objects.filter(title_en__contains="word3x").update(title_en="shared", keywords=[], revision=2)
    assert refresh() == 2
    assert SearchWord.objects.count() == 13


def test_the_hourly_task_and_the_state(hydrogen):
    from django.conf import settings

    from marketplace.celery import app

    SearchState.objects.update(words_of="1:another")
    SearchWord.objects.filter(word="합금").delete()
    assert refresh_task() == 1
    state = SearchState.objects.get()
    assert state.words_at is not None
    assert refresh_task() == 0
    planned = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "tech_listings.tasks.refresh_words" in planned & set(app.tasks)


def test_publishing_through_the_service_and_refreshing_makes_it_known(client):
    manager = MembershipFactory(institute=True, role=Role.MANAGER)
    draft = ListingFactory(holder=manager.organization, draft=True, title_ko="카나리아 둥지", value_ko="새가 산다.")
    refresh()
    assert texts("카나") == []
    publish(listing=draft, by=manager.user, at=timezone.now())
    write_documents([draft], at=timezone.now())
    refresh()
    assert texts("카나")[0] == "카나리아"


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_leave_one_right_vocabulary():
    for number in range(6):
        ListingFactory(title_ko="수소 저장", keywords=[f"key{number}"])
    SearchWord.objects.create(word="withdrawn", letters="withdrawn", keys="withdrawn", documents=1)
    results = at_once(refresh, refresh)
    assert not [r for r in results if isinstance(r, Exception)]
    assert dict(SearchWord.objects.filter(word__in=["수소", "key3", "withdrawn"]).values_list("word", "documents")) == {
        "수소": 6,
        "key3": 1,
    }
    assert refresh() == 0
