"""What a saved search catches is what its page finds."""

import datetime
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from accounts.enums import InstituteKind
from matching.models import Match, SavedSearch
from matching.services.catch import caught_lately, hold_against_searches, searches_catching
from matching.services.compile_search import OF_THE_DAY, OF_THE_VIEW, OF_THE_WORDS, compiled, needed, read_query
from taxonomy.enums import Level, System
from taxonomy.models import Code
from tech_listings import results
from tech_listings.enums import DealKind, RightStatus
from tech_listings.filters import ListingFilter
from tech_listings.models import Listing
from tech_listings.queries import st_majors
from tests.factories.accounts import OrganizationFactory
from tests.factories.matching_searches import TUESDAY, give_meaning, saved_search
from tests.factories.tech_listings import REGISTERED, ListingFactory, patent

TITLES = ["수소 저장 탱크", "고체 전해질 이차전지", "막 분리 공정", "수소차 충전기"]


@pytest.fixture
def world():
    """Technologies that differ in everything that can be filtered."""
    university = OrganizationFactory(institute=True, name="가온대학교 산학협력단", name_en="Gaon University")
    institute = OrganizationFactory(institute=True, institute_kind=InstituteKind.GOVERNMENT_FUNDED, name="새빛연구원")
    company = OrganizationFactory(name="한빛정밀", name_en="Hanbit Precision")
    for code in ("EA", "EE", "LC"):
        Code.objects.create(system=System.ST, revision="2", code=code, level=Level.MAJOR, title_ko=code, sort_key=code)
    kinds, majors = list(DealKind.values), [code for code, _title in st_majors()]
    made = []
    prices = [None, 0, 5_000_000, 10_000_000, 29_999_999, 30_000_000, 100_000_000, 7]
    for number in range(16):
        right = [
            [],
            [patent(number)],
            [patent(number, status=RightStatus.APPLIED, registration_number="")],
            [patent(number, status=RightStatus.EXPIRED)],
        ][number % 4]
        made.append(
            ListingFactory(
                holder=[university, institute, company][number % 3],
                title_ko=["수소 저장 탱크", "고체 전해질 이차전지", "막 분리 공정", "수소차 충전기"][number % 4]
                + f" {number}",
                title_en=["Hydrogen storage tank", "Solid electrolyte", "Membrane", "Charger"][number % 4],
                summary_ko="수전해 장치에 쓴다." if number % 2 else "전기차에 쓴다.",
                trl=number % 10 or None,
                ipc_codes=[["H01M 10/0562"], ["H01M 8/04", "C25B 1/04"], ["B01D 53/22"], []][number % 4],
                st_class=f"{majors[number % len(majors)]}0101" if number % 5 else "",
                deal_kinds=[kinds[number % len(kinds)], kinds[(number + 1) % len(kinds)]],
                price_won=prices[number % len(prices)],
                keywords=["촉매"] if number % 3 == 0 else [],
                rights=right,
            )
        )
    return made


def page_finds(query):
    """The hits of the search page; without vectors it finds by words alone."""
    return {listing.pk for listing in results.search(QueryDict(query)).rows[:1000]}


def caught_by(search, listings):
    return {listing.pk for listing in listings if search.pk in {pk for pk, *_ in searches_catching(listing)}}


def filters():
    filterset = ListingFilter(QueryDict(), Listing.objects.none())
    for name in ("trl", "holder_kind", "deal", "right", "price", "st"):
        for value, _label in filterset.form.fields[name].choices:
            yield f"{name}={value}"
    yield from ("ipc=H", "ipc=H01M", "ipc=h01m10/0562", "ipc=C25B 1", "ipc=A01B")
    yield from ("trl=3&trl=4", "trl=3&deal=assignment", "right=registered&ipc=H&price=free", "st=EE&st=EA&trl=5")


def test_every_value_of_every_filter_catches_what_the_page_finds(world):
    wrong, hits = {}, 0
    for query in filters():
        search = saved_search(query)
        found, caught = page_finds(query), caught_by(search, world)
        hits += len(found)
        if found != caught:
            wrong[query] = (found, caught)
        search.delete()
    assert wrong == {}
    assert hits > 50  # the world is not so small that all of this is about nothing


def test_an_institute_as_filter_catches_its_own(world):
    holder = world[0].holder
    search = saved_search(f"holder={holder.public_id}")
    own = {listing.pk for listing in world if listing.holder_id == holder.pk}
    assert caught_by(search, world) == page_finds(f"holder={holder.public_id}") == own


@pytest.mark.parametrize(
    "words",
    [
        "수소", "수소차", "전해질", "수소 저장", "이차전지 전해질", "hydrogen", "hydrogen storage", "electrolytes",
        "tank 0", '"고체 전해질"', '"전해질 고체"', '"저장 탱크" 수소', "수소 -탱크", '수소 -"저장 탱크"', "ipc:H01M",
        "ipc:H01M ipc:C25B", "trl:5..7", "trl:3 수소", 'holder:"가온대학교"', "holder:gaon", "수소 holder:새빛",
        "title:수소차", "제목:전해질 전기차", "촉매", "없는말", "10-2023-0000001", "102023000000100",
    ],
)  # fmt: skip
def test_words_that_are_all_asked_for_catch_what_the_page_finds(world, words):
    query = QueryDict(mutable=True)
    query.update({"q": words, "match": "all"})
    assert caught_by(saved_search(query.urlencode()), world) == page_finds(query.urlencode())


def test_a_listing_number_catches_that_listing(world):
    assert caught_by(saved_search(f"q={world[3].number}"), world) == {world[3].pk}


def test_words_and_filters_together(world):
    search = saved_search("q=수소 trl:3..8&match=all&trl=4&trl=8&trl=9")
    assert caught_by(search, world) == page_finds("q=수소 trl:3..8&match=all&trl=4&trl=8&trl=9")
    assert search.filters == {"trl": [4, 8]}


def test_of_many_words_most_are_enough_and_exclusions_hold():
    assert [needed(many) for many in range(1, 8)] == [1, 2, 2, 3, 3, 4, 5]
    three = ListingFactory(title_ko="수소 저장 탱크")
    one = ListingFactory(title_ko="물 탱크")
    search = saved_search("q=수소 저장 탱크 라이너 -자동차&match=any")
    assert search.units_needed == 3
    assert caught_by(search, [three, one]) == {three.pk}
    assert caught_by(search, [ListingFactory(title_ko="자동차 수소 저장 탱크")]) == set()


def test_the_meaning_of_a_sentence_catches_what_has_none_of_its_words():
    sentence = "q=technique for recycling waste lithium batteries&match=any"
    listing = ListingFactory(title_ko="폐리튬전지 재활용 기술", title_en="", summary_ko="폐배터리에서 리튬을 회수한다.")
    other = ListingFactory(title_ko="김치 발효 종균", title_en="", summary_ko="김치의 발효를 늦춘다.")
    search = saved_search(sentence)
    assert caught_by(search, [listing, other]) == set()  # as long as the worker has not made its meaning

    give_meaning(listing)
    give_meaning(other)

    assert caught_by(search, [listing, other]) == {listing.pk}
    ((_pk, score, reason),) = searches_catching(listing)
    assert reason["words"] == []
    assert reason["meaning"] == score >= 45
    short = saved_search("q=recycling batteries&match=any")
    assert short.vector is None


def test_what_is_excluded_is_not_caught_by_its_meaning_either():
    listing = ListingFactory(title_ko="폐리튬전지 재활용 기술", title_en="", summary_ko="폐배터리에서 리튬을 회수한다.")
    give_meaning(listing)
    search = saved_search("q=technique for recycling waste lithium batteries -폐리튬전지&match=any")
    assert caught_by(search, [listing]) == set()


def test_says_which_words_it_has():
    listing = ListingFactory(title_ko="수소 저장 탱크")
    saved_search("q=수소 탱크 라이너&match=any")
    ((_pk, score, reason),) = searches_catching(listing)
    assert (score, reason) == (67, {"words": ["수소", "탱크"], "of": 3})


@pytest.mark.parametrize("state", [{"draft": True}, {"withdrawn": True}])
def test_what_is_not_published_is_caught_by_nothing(state):
    saved_search("q=수소")
    assert searches_catching(ListingFactory(title_ko="수소", **state)) == []


def test_a_confidential_part_catches_nothing():
    saved_search("q=kanarienvogel")
    listing = ListingFactory(confidential_text="kanarienvogel", confidential_reason="know-how")
    assert searches_catching(listing) == []


def test_one_statement_and_once_per_pair():
    listing = ListingFactory(title_ko="수소 탱크")
    for words in ("수소", "탱크", "수소 탱크", "배터리"):
        saved_search(f"q={words}")
    paused = saved_search("q=수소 탱크 ")
    SavedSearch.objects.filter(pk=paused.pk).update(state="paused", paused_at=TUESDAY)
    with CaptureQueriesContext(connection) as asked:
        caught = searches_catching(listing)
    assert (len(asked), len(caught)) == (1, 3)

    assert hold_against_searches(listing, TUESDAY) == 3
    assert hold_against_searches(listing, TUESDAY + datetime.timedelta(days=1)) == 0
    assert Match.objects.count() == 3
    assert set(Match.objects.values_list("found_at", "is_news", "alerted_at")) == {(TUESDAY, True, None)}


def test_the_estimate_counts_what_the_search_would_have_caught(world):
    old = ListingFactory(title_ko="수소 옛것", registered_at=REGISTERED - datetime.timedelta(days=60))
    for query in ("q=수소&match=all", "trl=4", "q=수소&match=all&right=registered"):
        question = compiled(read_query(query))
        expected = page_finds(query) - {old.pk}
        assert caught_lately(question, at=REGISTERED + datetime.timedelta(days=29)) == len(expected)
    assert caught_lately(compiled(read_query("q=수소")), at=REGISTERED + datetime.timedelta(days=31)) == 0


def test_the_filters_of_the_page_are_all_known_here():
    """A new filter on the search page has to be compiled, too."""
    known = {
        "q",
        "ipc",
        "st",
        "trl",
        "holder_kind",
        "deal",
        "right",
        "price",
        "holder",
        *OF_THE_DAY,
        *OF_THE_WORDS,
        *OF_THE_VIEW,
    }
    assert set(ListingFilter(QueryDict(), Listing.objects.none()).form.fields) <= known


def test_the_lines_of_a_pasted_text_are_kept_and_mean_what_they_mean_on_the_page(world):
    text = "수소 탱크\r\n -충전기\n\n"
    asked = read_query(urlencode({"q": text}))
    assert asked.words == "수소 탱크\n-충전기"
    assert not asked.question.without
    assert read_query(asked.query).query == asked.query
    assert caught_lately(compiled(asked), at=REGISTERED + datetime.timedelta(days=29))
    assert read_query(urlencode({"q": " 수소   탱크 "})).words == "수소 탱크"
