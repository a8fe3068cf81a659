"""Saving a search: from the results, once, and what cannot be saved."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse

from marketplace.core.errors import DomainError
from matching.enums import AlertRate, SearchState
from matching.models import SavedSearch
from matching.services import save_search as module
from matching.services.compile_search import NothingToSearch, read_query
from matching.services.save_search import TooManySearches, compile_again, outlook, save_search, to_be_compiled
from tests.factories.accounts import UserFactory
from tests.factories.matching_searches import TUESDAY, news, saved_search
from tests.factories.tech_listings import REGISTERED, ListingFactory, SynonymGroupFactory
from tests.threads import at_once

DAY = timedelta(days=1)


def rows():
    return list(SavedSearch.objects.order_by("pk").values())


# --- saving -----------------------------------------------------------------------------------------------------------


@time_machine.travel(TUESDAY, tick=False)
def test_from_the_results_to_a_saved_search(signed_in, owner):
    for number in range(3):
        ListingFactory(title_ko=f"수소 탱크 {number}", trl=5, registered_at=REGISTERED)
    results = signed_in.get("/technologies/?q=수소&trl=5")
    link = f"{reverse('matching:search_new')}?q=%EC%88%98%EC%86%8C&amp;trl=5"
    assert link in results.text

    page = signed_in.get(link.replace("&amp;", "&"))
    assert page.context["form"].initial == {"name": "수소", "rate": AlertRate.DAILY}
    assert page.context["expected"].a_month == 3
    assert "about 3 a month" in page.text
    assert "You will get mail" in page.text

    done = signed_in.post(link.replace("&amp;", "&"), {"name": "Tanks", "rate": "weekly"}, follow=True)

    search = SavedSearch.objects.get()
    assert done.redirect_chain == [(reverse("matching:search_detail", args=[search.public_id]), 302)]
    assert (search.owner, search.name, search.rate, search.state) == (owner, "Tanks", "weekly", SearchState.ACTIVE)
    assert search.query == "q=%EC%88%98%EC%86%8C&trl=5"
    assert search.opened_at == TUESDAY
    assert search.matches.count() == 0  # what is there already is no news
    assert "Nothing new yet" in done.text


@time_machine.travel(TUESDAY, tick=False)
def test_what_no_filter_is_called_does_not_keep_a_search_from_being_saved(signed_in, owner):
    address = f"{reverse('matching:search_new')}?q=x&utm_source=letter&page=2"
    assert signed_in.get(address).status_code == 200
    signed_in.post(address, {"name": "X", "rate": "weekly"})
    assert SavedSearch.objects.get().query == "q=x"


def test_without_anything_asked_there_is_no_button_and_no_saving(signed_in):
    assert reverse("matching:search_new") not in signed_in.get("/technologies/").text
    for query in ("", "?page=2&view=table", "?q=!!!", "?listed=7", "?match=all"):
        page = signed_in.get(reverse("matching:search_new") + query)
        assert page.status_code == 400, query
        assert "Write a word or choose a filter first" in page.text
    assert rows() == []


@pytest.mark.parametrize("query", ["?colour=red", "?q=수소&trl=12", "?ipc=hydrogen", "?holder=nobody"])
def test_a_filter_that_cannot_be_read_is_said_and_not_left_out(signed_in, query):
    assert signed_in.get(reverse("matching:search_new") + query).status_code == 400
    assert rows() == []


def test_filters_by_date_are_left_out_and_that_is_said(signed_in):
    address = reverse("matching:search_new") + "?q=수소&listed=7&registered_after=2026-01-01"
    page = signed_in.get(address)
    assert "Without the date" in page.text
    assert page.context["expected"].asked.dropped == ["Listed", "Listed from"]
    signed_in.post(address, {"name": "x", "rate": "daily"})
    assert SavedSearch.objects.get().query == "q=%EC%88%98%EC%86%8C"


def test_f37_a_very_common_search_is_warned_of_and_begins_weekly(signed_in, monkeypatch):
    monkeypatch.setattr(module, "MANY_A_MONTH", 2)
    monkeypatch.setattr("matching.services.catch.ESTIMATE_CEILING", 4)
    monkeypatch.setattr(module, "ESTIMATE_CEILING", 4)
    for number in range(5):
        ListingFactory(title_ko=f"수소 {number}", registered_at=REGISTERED)
    with time_machine.travel(REGISTERED + DAY, tick=False):
        page = signed_in.get(reverse("matching:search_new") + "?q=수소")
    assert page.context["form"].initial["rate"] == AlertRate.WEEKLY
    assert "This search finds very much" in page.text
    assert "about 4+ technologies" in page.text


def test_the_same_query_twice_is_the_same_search_however_it_is_written(owner):
    first = save_search(query="q=수소  저장&trl=5&trl=4&page=3", name="A", rate="daily", by=owner, at=TUESDAY)
    second = save_search(query="trl=4&trl=5&q= 수소 저장&view=table", name="B", rate="off", by=owner, at=TUESDAY + DAY)
    other = save_search(query="q=수소 저장&trl=4&trl=5", name="A", rate="daily", by=UserFactory(), at=TUESDAY)

    assert (first.is_new, second.is_new, other.is_new) == (True, False, True)
    assert first.search.pk == second.search.pk
    first.search.refresh_from_db()
    assert (first.search.name, first.search.rate) == ("B", "off")


def test_a_paused_search_saved_again_is_at_work_again(owner):
    search = saved_search(by=owner)
    SavedSearch.objects.update(state=SearchState.PAUSED, paused_at=TUESDAY)
    saved_search(by=owner, at=TUESDAY + DAY)
    search.refresh_from_db()
    assert (search.state, search.paused_at) == (SearchState.ACTIVE, None)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_saves_once_and_nobody_passes_the_ceiling(monkeypatch):
    owner = UserFactory()
    at_once(*[lambda: saved_search(by=owner)] * 3)
    assert SavedSearch.objects.count() == 1
    monkeypatch.setattr(module, "MOST_SEARCHES", 2)
    outcomes = at_once(lambda: saved_search("q=a", by=owner), lambda: saved_search("q=b", by=owner))
    assert sum(isinstance(outcome, TooManySearches) for outcome in outcomes) == 1
    assert SavedSearch.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "x" * 121}, "name"),
        ({"rate": "hourly"}, "rate"),
        ({"rate": ""}, "rate"),
        ({"query": "q="}, "query"),
        ({"query": "trl=99"}, "query"),
        ({"query": "q=" + "가 " * 4000}, "query"),
    ],
)
def test_refuses_and_keeps_nothing(owner, given, field):
    with pytest.raises(DomainError) as refused:
        save_search(**({"query": "q=수소", "name": "A", "rate": "daily", "by": owner, "at": TUESDAY} | given))
    assert refused.value.field == field
    assert rows() == []


def test_a_search_of_filters_alone_gets_its_name_from_them():
    expected = outlook(query="trl=5&trl=4", at=TUESDAY)
    assert expected.name == "4, 5"
    with pytest.raises(NothingToSearch):
        outlook(query="q=%2B%2B", at=TUESDAY)
    assert read_query("q=수소&match=all&page=9").query == "match=all&q=%EC%88%98%EC%86%8C"


def test_a_newer_analyser_compiles_again_in_the_background(owner):
    search = saved_search("q=수소 저장&match=all", by=owner)
    SavedSearch.objects.update(analyser=0, units=[], candidates=None)
    assert to_be_compiled() == [search.pk]
    assert [compile_again(search_id=search.pk), compile_again(search_id=search.pk)] == [True, False]
    news(title_ko="수소 저장")
    news(title_ko="물")
    assert search.matches.count() == 1

    SynonymGroupFactory(words=["수소", "hydrogen"])
    cache.clear()  # as the service that edits groups tells the cache
    assert to_be_compiled() == [search.pk]
    assert compile_again(search_id=search.pk)
    news(title_ko="Hydrogen 저장", title_en="")
    assert search.matches.count() == 2
    assert to_be_compiled() == []

    SavedSearch.objects.update(analyser=0, query="colour=red")  # a filter that has gone meanwhile
    assert compile_again(search_id=search.pk)
    assert to_be_compiled() == []
