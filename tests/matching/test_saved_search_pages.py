"""Saving a search, the list of saved searches, the page of one, and the same in the API."""

import itertools
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.events import personal_data_requested
from marketplace.core.errors import DomainError
from marketplace.core.states import IllegalTransition
from matching.enums import SEARCH_STATES, AlertRate, SearchState
from matching.models import Match, SavedSearch
from matching.services import save_search as module
from matching.services.compile_search import NothingToSearch, read_query
from matching.services.save_search import TooManySearches, compile_again, outlook, save_search, to_be_compiled
from tests.deals.conftest import api_of
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.matching_searches import TUESDAY, match_of, news, saved_search
from tests.factories.tech_listings import REGISTERED, ListingFactory, SynonymGroupFactory
from tests.threads import at_once

DAY = timedelta(days=1)


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def signed_in(client, owner):
    return sign_in(client, owner)


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


# --- the pages --------------------------------------------------------------------------------------------------------


@time_machine.travel(TUESDAY + 2 * DAY, tick=False)
def test_the_list_counts_what_is_new_and_opening_makes_it_old(signed_in, owner):
    search = saved_search(by=owner, name="Hydrogen")
    match_of(search, at=TUESDAY - DAY)
    match_of(search, at=TUESDAY + DAY)
    match_of(search, at=TUESDAY + DAY, listing=ListingFactory(withdrawn=True))
    match_of(search, at=TUESDAY + DAY, why_not="known", judged_at=TUESDAY + DAY)
    page = signed_in.get(reverse("matching:search_list"))
    assert [(row.found, row.new) for row in page.context["page"]] == [(2, 1)]

    detail = signed_in.get(reverse("matching:search_detail", args=[search.public_id]))
    assert [row["is_new"] for row in detail.context["rows"]] == [True, False]
    assert "Has: 수소." in detail.text
    again = signed_in.get(reverse("matching:search_list"))
    assert [(row.found, row.new) for row in again.context["page"]] == [(2, 0)]


def test_an_empty_list_says_what_to_do(signed_in):
    assert "No saved search yet" in signed_in.get(reverse("matching:search_list")).text


@time_machine.travel(TUESDAY + 2 * DAY, tick=False)
def test_opens_the_search_itself_in_one_click(signed_in, owner):
    search = saved_search("q=수소&trl=4", by=owner)
    done = signed_in.post(reverse("matching:search_open", args=[search.public_id]))
    assert done.url == "/technologies/?q=%EC%88%98%EC%86%8C&trl=4"
    search.refresh_from_db()
    assert search.opened_at == TUESDAY + 2 * DAY


def test_pages_of_matches_newest_first_and_the_export_is_what_is_shown(signed_in, owner):
    search = saved_search(by=owner)
    made = [match_of(search, at=TUESDAY + n * DAY) for n in range(23)]
    refused = match_of(search, why_not="too_early", judged_at=TUESDAY, listing=ListingFactory(title_en="=1+1"))
    address = reverse("matching:search_detail", args=[search.public_id])

    first = signed_in.get(address)
    assert [row["match"].pk for row in first.context["rows"]] == [m.pk for m in made[:2:-1]]
    assert len(signed_in.get(address, {"page": 2}).context["rows"]) == 3
    part = signed_in.get(address, {"page": 2}, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "Not developed far enough" in signed_in.get(address, {"show": "refused"}).text

    def export(**query):
        response = signed_in.get(reverse("matching:search_export", args=[search.public_id]), query)
        return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()

    assert len(export()) == 24
    assert made[-1].listing.number in export()[1]
    (_head, only) = export(show="refused")
    assert refused.listing.number in only
    assert ",'=1+1," in only  # lessons F34


def test_not_this_because_and_back(signed_in, owner):
    search = saved_search(by=owner)
    match = match_of(search)
    address = reverse("matching:search_judge", args=[match.public_id])

    missing = signed_in.post(address, {"why_not": ""})
    assert missing.status_code == 422
    assert "This field is required" in missing.text
    without_words = signed_in.post(address, {"why_not": "other"})
    assert without_words.status_code == 422
    match.refresh_from_db()
    assert match.why_not == ""

    signed_in.post(address, {"why_not": "too_early", "why_not_text": "TRL 2"})
    match.refresh_from_db()
    assert (match.why_not, match.why_not_text) == ("too_early", "TRL 2")
    assert signed_in.get(reverse("matching:search_detail", args=[search.public_id])).context["rows"] == []

    signed_in.post(address, {"take_back": "yes"})
    match.refresh_from_db()
    assert (match.why_not, match.why_not_text, match.judged_at) == ("", "", None)


@time_machine.travel(TUESDAY, tick=False)
def test_name_rate_pause_resume_and_delete(signed_in, owner):
    search = saved_search(by=owner)
    match_of(search)

    def post(action, **given):
        return signed_in.post(reverse(f"matching:{action}", args=[search.public_id]), given)

    for wrong in ({"name": "x" * 121, "rate": "off"}, {"name": "", "rate": "off"}, {"name": "A", "rate": "hourly"}):
        refused = post("search_change", **wrong)
        assert refused.status_code == 422
        assert "Please check what you entered" in refused.text
    search.refresh_from_db()
    assert search.rate == AlertRate.AT_ONCE
    assert post("search_change", name="New name", rate="monthly").status_code == 302
    for _twice in range(2):
        assert post("search_pause").status_code == 302
    search.refresh_from_db()
    assert (search.name, search.rate, search.state, search.paused_at) == ("New name", "monthly", "paused", TUESDAY)
    for _twice in range(2):
        assert post("search_resume").status_code == 302
    search.refresh_from_db()
    assert (search.state, search.paused_at) == ("active", None)
    assert post("search_delete").status_code == 302
    assert (SavedSearch.objects.count(), Match.objects.count()) == (0, 0)
    assert post("search_delete").status_code == 404


def test_from_a_mail_to_the_technology(client, owner):
    search = saved_search(by=owner)
    match = match_of(search)
    address = reverse("matching:search_match", args=[match.public_id])
    for visitor in (None, UserFactory()):
        if visitor:
            sign_in(client, visitor)
        assert client.get(address).url == f"/technologies/{match.listing.number}/"
        search.refresh_from_db()
        assert search.opened_at == TUESDAY
    sign_in(client, owner)
    client.get(address)
    search.refresh_from_db()
    assert search.opened_at > TUESDAY
    hidden = match_of(search, listing=ListingFactory(withdrawn=True))
    assert client.get(reverse("matching:search_match", args=[hidden.public_id])).status_code == 404


def test_a_filter_that_has_gone_since_breaks_no_page(signed_in, owner):
    search = saved_search(by=owner)
    SavedSearch.objects.update(query="colour=red")
    assert signed_in.get(reverse("matching:search_detail", args=[search.public_id])).status_code == 200


def test_lists_ask_as_often_for_many_rows_as_for_few(signed_in, owner):
    searches = [saved_search(f"q=수소 {n}&trl=4", by=owner) for n in range(3)]
    for _ in range(3):
        match_of(searches[0])
    addresses = [
        reverse("matching:search_list"), reverse("matching:search_detail", args=[searches[0].public_id]),
        reverse("matching:search_export", args=[searches[0].public_id]), reverse("matching-api:searches"),
        reverse("matching-api:search-matches", args=[searches[0].public_id]),
    ]  # fmt: skip

    def questions():
        counts = []
        for address in addresses:
            signed_in.get(address)
            with CaptureQueriesContext(connection) as asked:
                response = signed_in.get(address)
                if response.streaming:
                    list(response.streaming_content)
            counts.append(len(asked))
        return counts

    few = questions()
    for n in range(15):
        saved_search(f"q=탱크 {n}", by=owner)
        match_of(searches[0])
    assert questions() == few
    assert max(few) <= 20, few


# --- who may ----------------------------------------------------------------------------------------------------------

ACTIONS = {  # page: (method, status for the owner); what it needs to do something
    "search_detail": ("get", 200),
    "search_export": ("get", 200),
    "search_change": ("post", 302),
    "search_open": ("post", 302),
    "search_keep": ("post", 302),
    "search_pause": ("post", 302),
    "search_resume": ("post", 302),
    "search_delete": ("post", 302),
    "search_judge": ("post", 302),
}
PEOPLE = {
    "anonymous": lambda owner: None,
    "stranger": lambda owner: UserFactory(),
    "colleague": lambda owner: MembershipFactory(organization=owner.memberships.get().organization, manager=True).user,
    "officer": lambda owner: MembershipFactory(government=True, user__second_factor=True).user,
    "owner": lambda owner: owner,
}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("action", ACTIONS)
def test_pages_are_for_the_owner_alone(client, who, action):
    owner = MembershipFactory().user
    search = saved_search(by=owner, name="Canary search")
    match = match_of(search)
    before = (rows(), list(Match.objects.values()))
    person = PEOPLE[who](owner)
    if person:
        sign_in(client, person)
    method, status = ACTIONS[action]
    target = match if action == "search_judge" else search
    given = {"name": "Other", "rate": "off", "why_not": "known"} if method == "post" else {}

    answer = getattr(client, method)(reverse(f"matching:{action}", args=[target.public_id]), given)

    assert answer.status_code == {"owner": status, "anonymous": 302}.get(who, 404)
    if who != "owner":
        assert "Canary search" not in getattr(answer, "text", "") or answer.streaming
        assert (rows(), list(Match.objects.values())) == before


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_the_api_is_for_the_owner_alone(who, method):
    owner = MembershipFactory().user
    search = saved_search(by=owner)
    api = api_of(PEOPLE[who](owner))
    before = rows()

    address = reverse("matching-api:search", args=[search.public_id])
    answer = api.patch(address, {"rate": "off"}, format="json") if method == "patch" else getattr(api, method)(address)
    matches = api.get(reverse("matching-api:search-matches", args=[search.public_id]))

    own = {"get": 200, "patch": 200, "delete": 204}[method]
    assert answer.status_code == {"owner": own, "anonymous": 401}.get(who, 404)
    assert matches.status_code == {"owner": 404 if method == "delete" else 200, "anonymous": 401}.get(who, 404)
    assert (rows() == before) == (who != "owner" or method == "get")


def test_lists_of_others_say_nothing(client):
    saved_search(name="Canary search")
    other = sign_in(client, UserFactory())
    assert "Canary search" not in other.get(reverse("matching:search_list")).text
    assert api_of(UserFactory()).get(reverse("matching-api:searches")).json()["count"] == 0


def test_addresses_that_change_something_refuse_get(signed_in, owner):
    search = saved_search(by=owner)
    for action, (method, _status) in ACTIONS.items():
        if method == "post":
            assert signed_in.get(reverse(f"matching:{action}", args=[search.public_id])).status_code == 405


# --- the API ----------------------------------------------------------------------------------------------------------


def test_the_api_saves_lists_changes_and_deletes(owner):
    api = api_of(owner)
    address = reverse("matching-api:searches")

    made = api.post(address, {"query": "q=수소&listed=7"}, format="json")
    again = api.post(address, {"query": "q=수소", "rate": "weekly"}, format="json")

    assert (made.status_code, again.status_code) == (201, 200)
    body = again.json()
    assert made.json()["id"] == body["id"]
    assert body["query"] == "q=%EC%88%98%EC%86%8C"
    assert (body["name"], body["rate"], body["state"]) == ("수소", "weekly", "active")
    search = SavedSearch.objects.get()
    match_of(search, reason={"words": ["수소"], "of": 2, "meaning": 61}, at=search.opened_at + DAY)
    one = reverse("matching-api:search", args=[search.public_id])
    assert (api.get(one).json()["found"], api.get(one).json()["new"]) == (1, 1)
    (row,) = api.get(reverse("matching-api:search-matches", args=[search.public_id])).json()["results"]
    assert row["reason"] == {"words": ["수소"], "meaning": 61, "text": "Has: 수소. Similar meaning, 61 %."}

    changed = api.patch(one, {"name": "Hydrogen", "state": "paused"}, format="json").json()
    assert (changed["name"], changed["rate"], changed["state"]) == ("Hydrogen", "weekly", "paused")
    assert api.patch(one, {"state": "active"}, format="json").json()["state"] == "active"
    assert api.delete(one).status_code == 204
    assert api.get(address).json()["count"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "colour=red"}, "query"),
        ({"query": "q=수소", "rate": "hourly"}, "rate"),
        ({"query": "q=수소", "name": "x" * 121}, "name"),
    ],
)
def test_the_api_names_the_field_it_refuses(owner, body, field):
    answer = api_of(owner).post(reverse("matching-api:searches"), body, format="json")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert rows() == []


# --- states, constraints, what is kept about a person -----------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(SearchState, 2)))
def test_python_and_the_database_agree_on_every_move(before, after):
    search = saved_search()
    fields = {SearchState.ACTIVE: {"paused_at": None}, SearchState.PAUSED: {"paused_at": TUESDAY}}
    SavedSearch.objects.filter(pk=search.pk).update(state=before, **fields[before])
    search.refresh_from_db()
    if SEARCH_STATES.can(search, after):
        SEARCH_STATES.move(search, after, **fields[after])
        search.refresh_from_db()
        assert search.state == after
    else:
        with pytest.raises(IllegalTransition):
            SEARCH_STATES.move(search, after, **fields[after])
        with pytest.raises(InternalError), transaction.atomic():
            SavedSearch.objects.filter(pk=search.pk).update(state=after, **fields[after])


@pytest.mark.parametrize(
    "changes",
    [{"state": "gone"}, {"rate": "hourly"}, {"state": "paused"}, {"paused_at": TUESDAY}],
)
def test_a_state_has_the_fields_it_needs_and_no_others(changes):
    search = saved_search()
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        SavedSearch.objects.filter(pk=search.pk).update(**changes)


def test_what_is_kept_about_a_person_can_be_taken_along(owner):
    search = saved_search(by=owner, name="Mine")
    saved_search(name="Not mine")
    kept = dict(answer for _receiver, answer in personal_data_requested.send(sender=type(owner), user=owner))
    assert [row["name"] for row in kept["saved_searches"]] == ["Mine"]
    assert kept["saved_searches"][0]["query"] == search.query
    assert kept["alerted_technologies"] == []


def test_an_account_that_goes_takes_its_searches_along(owner):
    match_of(saved_search(by=owner))
    owner.delete()
    assert (SavedSearch.objects.count(), Match.objects.count()) == (0, 0)
