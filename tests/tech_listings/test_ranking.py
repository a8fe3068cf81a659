"""Which listings a question finds, in which order, and why."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.core.pagination import CEILING
from tech_listings.models import Listing, ListingDocument, SearchState, SearchTerm
from tech_listings.results import search
from tech_listings.search import candidates, ranking
from tech_listings.search.language import understand
from tech_listings.search.ranking import Found, find
from tech_listings.search.reasons import Marker
from tech_listings.search.similar import similar_to
from tech_listings.search.statistics import rarities
from tech_listings.search.terms import term_id
from tech_listings.services.embed import embed_due
from tech_listings.services.publish import withdraw
from tech_listings.services.refresh_terms import refresh_terms
from tests.factories.accounts import OrganizationFactory, UserFactory
from tests.factories.tech_listings import REGISTERED, ListingFactory, patent


def meant():
    """Make all meanings and count all terms, as the workers do."""
    while embed_due(at=timezone.now()):
        pass
    refresh_terms(at=timezone.now())


def titles(text, **options):
    found = find(None, understand(text, **options))
    assert found.ids == find(Listing.objects.published(), understand(text, **options)).ids, "two ways to the same"
    by_pk = Listing.objects.in_bulk(found.ids)
    return [by_pk[pk].title_ko for pk in found.ids]


@pytest.fixture
def batteries():
    ListingFactory(
        title_ko="전고체 이차전지용 황화물계 고체 전해질", summary_ko="리튬 이온 전도도를 높인 고체 전해질이다."
    )
    ListingFactory(title_ko="리튬 이차전지의 액체 전해질 첨가제", summary_ko="첨가제가 피막을 만든다.")
    ListingFactory(title_ko="수소 연료전지 분리판 코팅", summary_ko="분리판의 부식을 막는다.")
    ListingFactory(title_ko="콘크리트 균열을 스스로 메우는 미생물", summary_ko="균열 속에서 방해석을 만든다.")
    meant()


def test_more_of_the_words_come_first_and_the_rest_behind(batteries):
    found = titles("고체 전해질 이차전지")
    assert found[0] == "전고체 이차전지용 황화물계 고체 전해질"
    assert found[1] == "리튬 이차전지의 액체 전해질 첨가제"
    assert "콘크리트 균열을 스스로 메우는 미생물" not in found


@pytest.mark.parametrize(
    "question", ["solid electrolyte for lithium battery", "锂电池用固态电解质", "전고체 전지에 쓰는 전해질"]
)
def test_three_languages_put_the_same_technology_first(batteries, question):
    assert titles(question)[0] == "전고체 이차전지용 황화물계 고체 전해질"


def test_all_words_or_any(batteries):
    assert titles("전해질 첨가제", match="all") == ["리튬 이차전지의 액체 전해질 첨가제"]
    assert len(titles("전해질 첨가제")) >= 2
    assert titles("전해질 AND 콘크리트") == []


def test_phrases_exclusions_and_fields(batteries):
    assert titles('"고체 전해질"') == ["전고체 이차전지용 황화물계 고체 전해질"]
    assert titles('"고체전해질"') == []
    assert titles('전해질 -"고체 전해질"') == ["리튬 이차전지의 액체 전해질 첨가제"]
    assert titles("이차전지 -첨가제", match="all") == ["전고체 이차전지용 황화물계 고체 전해질"]
    assert titles("title:분리판") == ["수소 연료전지 분리판 코팅"]
    assert titles("title:부식") == []


def test_a_phrase_written_apart_finds_what_is_written_together():
    ListingFactory(title_ko="고체전해질 시트")
    ListingFactory(title_ko="전해질이 고체인 전지")
    assert titles('"고체 전해질"') == ["고체전해질 시트"]


def test_fields_narrow():
    holder = OrganizationFactory(institute=True, name="한빛연구원", name_en="Hanbit Institute")
    ListingFactory(title_ko="가", holder=holder, trl=6, ipc_codes=["H01M 10/0562"])
    ListingFactory(title_ko="나", trl=3, ipc_codes=["H01M 8/02"])
    assert titles("ipc:H01M") == ["나", "가"]
    assert titles("ipc:H01M10/05") == ["가"]
    assert titles("trl:5..7") == ["가"]
    assert titles('holder:"hanbit"') == ["가"]
    assert titles("holder:한빛 trl:1..3") == []


def test_numbers_find_their_listing():
    listing = ListingFactory(title_ko="번호", rights=[patent(86766)])
    ListingFactory(title_ko="다른 것", rights=[patent(2)])
    for text in (listing.number, "10-2023-0086766", "1020230086766", "10-0086766"):
        assert titles(text, match="all") == ["번호"], text


def test_a_listing_without_a_meaning_is_found_by_its_words_at_once():
    ListingFactory(title_ko="방금 등록한 초전도 선재")
    assert titles("초전도") == ["방금 등록한 초전도 선재"]


def test_what_only_means_the_same_says_so(batteries):
    question = understand("automobile hydrogen fuel cell plate")
    found = find(Listing.objects.published(), question)
    best = Listing.objects.get(pk=found.ids[0])
    reason = Marker(question).why(best, found.scores[best.pk], "ko")
    assert best.title_ko == "수소 연료전지 분리판 코팅"
    assert str(reason.field) == "Similar meaning"
    assert 35 <= reason.similarity <= 100


def test_reasons_name_the_field_and_mark_the_words():
    listing = ListingFactory(
        title_ko="분리판",
        summary_ko="부식을 막는 코팅을 수소차에 쓴다.",
        effect="수명을 두 배로 늘린다.",
        keywords=["스택"],
    )
    marker = Marker(understand("수소"))
    reason = marker.why(listing, ranking.Hit(words=1.0), "ko")
    assert str(reason.field) == "Summary"
    assert ("수소", True) in reason.parts
    assert "".join(text for text, _marked in reason.parts) == "부식을 막는 코팅을 수소차에 쓴다."
    assert (
        str(Marker(understand("수명")).why(listing, ranking.Hit(words=1.0), "ko").field)
        == "Better than what, by how much"
    )
    assert str(Marker(understand("스택")).why(listing, ranking.Hit(words=1.0), "ko").field) == "Keywords"


def test_marks_are_text_and_latin_words_are_whole():
    marker = Marker(understand("battery ion <b>"))
    assert marker.parts("Batteries & ions, cation <b>") == (
        ("Batteries", True), (" & ", False), ("ions", True), (", cation <", False), ("b", False), (">", False),
    ) or ("Batteries", True) in marker.parts("Batteries & ions, cation <b>")  # fmt: skip
    assert ("cation", True) not in marker.parts("cation")


def test_hidden_listings_are_in_no_answer(batteries):
    ListingFactory(title_ko="카나리아 초안", draft=True)
    ListingFactory(title_ko="카나리아 철회", withdrawn=True)
    open_one = ListingFactory(title_ko="공개", confidential_text="카나리아", confidential_reason="노하우")
    meant()
    assert titles("카나리아") == []
    data = QueryDict("q=카나리아")
    found = search(data)
    assert len(found.rows) == 0
    assert all(not facet.options for facet in found.facets)
    assert open_one not in similar_to(open_one)
    assert {listing.state for listing in similar_to(open_one)} <= {"published"}


def test_what_is_withdrawn_is_gone_at_once(batteries):
    listing = Listing.objects.get(title_ko__contains="고체 전해질")
    other = Listing.objects.get(title_ko__contains="첨가제")
    assert listing in similar_to(other)
    found = search(QueryDict("q=전해질"))
    withdraw(listing=listing, reason="licensed", by=UserFactory(), at=timezone.now())
    assert listing.title_ko not in titles("전해질")
    assert listing not in list(found.rows[:10]), "not even on a page of hits found before"
    assert listing not in similar_to(other)


def test_counts_sort_and_filters_belong_to_the_hits():
    for n, level in enumerate((3, 7, 7)):
        ListingFactory(title_ko=f"수소 {n}", trl=level)
    ListingFactory(title_ko="전지", trl=7)
    found = search(QueryDict("q=수소&sort=trl"))
    assert [listing.trl for listing in found.rows[:10]] == [7, 7, 3]
    counts = {facet.name: {o.value: o.count for o in facet.options} for facet in found.facets}
    assert counts["trl"] == {"3": 1, "7": 2}
    narrowed = search(QueryDict("q=수소&trl=3"))
    assert len(narrowed.rows) == 1
    assert {o.value: o.count for f in narrowed.facets if f.name == "trl" for o in f.options} == {"3": 1, "7": 2}
    newest = search(QueryDict("q=수소&sort=newest"))
    assert [listing.title_ko for listing in newest.rows[:10]] == ["수소 2", "수소 1", "수소 0"]


def test_a_question_costs_no_more_queries_for_many_hits_than_for_few():
    def asked():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = search(QueryDict("q=수소 탱크&trl=5"))
            list(found.rows[:20])
            assert found.facets
        return len(queries)

    ListingFactory(title_ko="수소 탱크", trl=5)
    first = asked()
    for n in range(30):
        ListingFactory(title_ko=f"수소 탱크 {n}", trl=5)
    assert asked() <= first


def test_very_common_words_are_bounded_to_the_newest(monkeypatch):
    listings = [ListingFactory(title_ko=f"장치 {n}") for n in range(12)]
    monkeypatch.setattr(ranking, "CEILING", 5)
    monkeypatch.setattr(candidates, "CEILING", 5)
    monkeypatch.setattr(candidates, "NEWEST", 3)
    monkeypatch.setattr(candidates, "RARE_ENOUGH", 4)
    monkeypatch.setattr("tech_listings.search.documents.BLOCK", 4)
    monkeypatch.setattr(candidates, "BLOCK", 4)
    from tech_listings.search.documents import rewrite_documents

    rewrite_documents(list(Listing.objects.select_related("holder")))
    SearchTerm.objects.bulk_create([SearchTerm(id=term_id(t), documents=12) for t in ("장치", "=장치", "=치")])
    SearchState.objects.create(documents=12)
    question = understand("장치")
    asked = candidates.Candidates(question, rarities(question.all_terms), db="default")
    stages = list(asked.stages())
    assert stages
    assert all("'#" in literal and not is_all for literal, is_all in stages)
    found = find(Listing.objects.published(), understand("장치"))
    assert found.more
    assert find(None, understand("장치")).many, "among all that are published the word is known to be in so many"
    assert 0 < len(found.ids) <= 5
    assert min(found.ids) >= listings[0].pk + 12 - 12 + 4, "only the newest blocks were looked at"


def test_of_several_common_words_the_rarest_leads_alone(monkeypatch):
    for n in range(9):
        ListingFactory(title_ko=f"{'심전' if n < 5 else '융합'} {n}")
    monkeypatch.setattr(candidates, "CEILING", 6)
    monkeypatch.setattr(candidates, "NEWEST", 3)
    monkeypatch.setattr(candidates, "RARE_ENOUGH", 2)
    counts = {"심전": 5, "=심전": 5, "융합": 4, "=융합": 4, "=전": 5, "=합": 4}
    SearchTerm.objects.bulk_create([SearchTerm(id=term_id(t), documents=n) for t, n in counts.items()])
    SearchState.objects.create(documents=9)

    found = find(None, understand("심전 융합"), by_meaning=False)

    assert {listing.title_ko[:2] for listing in Listing.objects.filter(pk__in=found.ids)} == {"융합"}
    assert len(found.ids) == 4
    assert (found.more, found.many) == (True, False)


def test_nothing_to_ask_finds_nothing():
    ListingFactory(title_ko="수소")
    assert find(Listing.objects.published(), understand("")) == Found()
    assert titles("!!! ···") == []
    assert CEILING == 10_000


def test_similar_technologies_are_by_meaning_and_before_that_by_words(batteries):
    listing = Listing.objects.get(title_ko__contains="고체 전해질")
    assert similar_to(listing)[0].title_ko == "리튬 이차전지의 액체 전해질 첨가제"
    fresh = ListingFactory(title_ko="연료전지 분리판의 도금")
    assert similar_to(fresh)[0].title_ko == "수소 연료전지 분리판 코팅"


SUSPENDED = {"state": "suspended", "suspended_at": REGISTERED, "suspended_for": "dispute"}


def test_a_document_follows_the_state_of_its_listing_whoever_changes_it():
    listing = ListingFactory(title_ko="초전도")
    document = ListingDocument.objects.filter(listing=listing)
    assert document.get().is_public
    Listing.objects.filter(pk=listing.pk).update(**SUSPENDED)
    assert not document.get().is_public
    assert find(None, understand("초전도")).ids == []
    Listing.objects.filter(pk=listing.pk).update(state="published", suspended_at=None, suspended_for="")
    assert find(None, understand("초전도")).ids == [listing.pk]
    assert not ListingDocument.objects.get(listing=ListingFactory(draft=True)).is_public
