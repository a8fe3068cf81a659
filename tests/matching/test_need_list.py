import csv
import datetime
import io

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.services.close import personal_data
from matching.models import Match
from matching.services.judge import judge
from taxonomy.models import Code
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.matching import POSTED, NeedAnswerFactory, NeedFactory, NeedMatchFactory
from tests.factories.tech_listings import ListingFactory


@pytest.fixture
def classes():
    for system, level, code, title in (
        ("st", "major", "EF", "Energy"),
        ("st", "major", "LC", "Health"),
        ("region", "sido", "1100000000", "Seoul"),
        ("region", "sido", "2600000000", "Busan"),
    ):
        Code.objects.create(
            system=system, revision="2023", level=level, code=code, title_ko=title, title_en=title, sort_key=code
        )
    cache.clear()


@pytest.fixture
def rows(classes):
    def need(title, number, **given):
        return NeedFactory(title=title, opened_at=POSTED + datetime.timedelta(hours=number), **given)

    return {
        "pump": need(
            "수소 펌프", 1, problem="밀봉이 샌다.", st_class="EF", trl_from=4, trl_to=6, region_code="1100000000",
            budget_won=50_000_000, answer_by=datetime.date(2026, 5, 1),
        ),
        "vaccine": need(
            "Vaccine powder", 2, problem="Loses activity.", st_class="LC", trl_from=7, budget_won=900_000_000,
            answer_by=datetime.date(2026, 4, 1), is_anonymous=True,
        ),
        "cell": need(
            "전지 셀", 3, problem="수소가 샌다.", region_code="2611000000", answer_by=datetime.date(2026, 6, 1)
        ),
        "closed": need("수소 탱크", 4, closed=True),
    }  # fmt: skip


QUERIES = [
    ({}, ["cell", "vaccine", "pump"]),
    ({"q": "수소"}, ["cell", "pump"]),
    ({"q": "수소 펌프"}, ["pump"]),
    ({"q": "activity"}, ["vaccine"]),
    ({"st": "EF"}, ["pump"]),
    ({"st": ["EF", "LC"]}, ["vaccine", "pump"]),
    ({"trl": "5"}, ["cell", "pump"]),
    ({"trl": ["8", "9"]}, ["cell", "vaccine"]),
    ({"region": "1100000000"}, ["pump"]),
    ({"region": "2600000000"}, ["cell"]),
    ({"answer_by_from": "2026-05-01"}, ["cell", "pump"]),
    ({"answer_by_until": "2026-05-01"}, ["vaccine", "pump"]),
    ({"budget_from": "100000000"}, ["vaccine"]),
    ({"sort": "answer_by"}, ["vaccine", "pump", "cell"]),
    ({"sort": "budget"}, ["vaccine", "pump", "cell"]),
    ({"q": "없는말"}, []),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES)
def test_page_export_and_api_show_the_same(client, world, rows, query, expected):
    by_number = {need.number: name for name, need in rows.items()}
    sign_in(client, world.institute_staff)
    page = client.get(reverse("matching:needs"), query)
    assert [by_number[need.number] for need in page.context["page"]] == expected
    assert page.context["page"].paginator.count == len(expected)
    export = b"".join(client.get(reverse("matching:needs_export"), query).streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(export)))[1:]
    assert [by_number[line[0]] for line in lines] == expected
    found = api_of(world.institute_staff).get(reverse("matching-api:needs"), query).json()
    assert [by_number[row["number"]] for row in found["results"]] == expected


@pytest.mark.parametrize("query", [{"colour": "red"}, {"st": "QQ"}, {"budget_from": "-1"}, {"answer_by_from": "soon"}])
def test_the_api_refuses_what_it_does_not_know(world, rows, query):
    assert api_of(world.institute_staff).get(reverse("matching-api:needs"), query).status_code == 400


def test_the_export_names_nobody_who_stays_unnamed_and_carries_no_formula(client, world, rows):
    rows["pump"].title = "=1+1"
    rows["pump"].save()
    sign_in(client, world.institute_staff)
    export = b"".join(client.get(reverse("matching:needs_export")).streaming_content).decode("utf-8-sig")
    lines = {line[0]: line for line in csv.reader(io.StringIO(export))}
    assert lines[rows["pump"].number][1] == "'=1+1"
    assert lines[rows["pump"].number][2:6] == ["Energy", "4", "6", "Seoul"]
    assert lines[rows["pump"].number][8] == rows["pump"].organization.name_en
    assert lines[rows["vaccine"].number][8] == ""


def test_ones_own_list_has_the_closed_ones_too_and_nobody_elses(client, world):
    own = NeedFactory(organization=world.firm, owner=world.firm_staff)
    closed = NeedFactory(organization=world.firm, owner=world.firm_staff, closed=True)
    NeedFactory()
    sign_in(client, world.firm_viewer)
    url = reverse("matching:my_needs")
    assert {need.pk for need in client.get(url).context["page"]} == {own.pk, closed.pk}
    assert [need.pk for need in client.get(url, {"state": "closed"}).context["page"]] == [closed.pk]


@pytest.mark.parametrize("name", ["matching:needs", "matching:my_needs"])
def test_empty_lists_say_what_to_do(client, world, name):
    sign_in(client, world.firm_staff)
    assert reverse("matching:need_create") in client.get(reverse(name)).text
    assert "No need has all of this" in client.get(reverse(name), {"q": "x"}).text


def test_the_frame_leads_there(client, world):
    sign_in(client, world.firm_staff)
    home = client.get("/").text
    assert reverse("matching:my_needs") in home
    assert f'href="{reverse("matching:needs")}"' not in home
    sign_in(client, world.institute_staff)
    home = client.get("/").text
    assert f'href="{reverse("matching:needs")}"' in home
    assert reverse("matching:my_needs") not in home
    sign_in(client, world.agency_staff)
    assert reverse("matching:my_needs") in client.get("/").text


# --- matches ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def need(world):
    return NeedFactory(organization=world.firm, owner=world.firm_staff, due_at=None)


def numbers(rows):
    return [row.listing.number for row in rows]


def test_matches_best_first_put_aside_and_taken_back(client, world, need):
    good = NeedMatchFactory(need=need, listing=world.listing, score=80)
    bad = NeedMatchFactory(need=need, score=90)
    NeedMatchFactory()
    sign_in(client, world.firm_staff)
    url = reverse("matching:need_matches", args=[need.public_id])
    page = client.get(url)
    assert numbers(page.context["page"]) == [bad.listing.number, good.listing.number]
    assert "수소" in page.text
    assert reverse("deals:create", args=[good.listing.public_id]) in page.text

    aside = reverse("matching:match_judge", args=[bad.public_id])
    assert 'value="" selected>Choose the reason' in page.text  # a reason is chosen, not overlooked
    silent = client.post(aside, {"why_not": "other"})
    assert (silent.status_code, Match.objects.exclude(why_not="").count()) == (422, 0)
    assert client.post(aside, {"why_not": "other", "why_not_text": "Too loud"}).url == url
    assert numbers(client.get(url).context["page"]) == [good.listing.number]
    judged = client.get(url, {"judged": "true"})
    assert numbers(judged.context["page"]) == [bad.listing.number]
    assert "Too loud" in judged.text
    for typed in ("true", "1", "on"):  # list and tab say the same
        shown = client.get(url, {"judged": typed})
        assert (numbers(shown.context["page"]), shown.context["judged"]) == ([bad.listing.number], True)
    bad.refresh_from_db()
    assert (bad.why_not, bad.judged_by) == ("other", world.firm_staff)

    client.post(reverse("matching:match_take_back", args=[bad.public_id]))
    bad.refresh_from_db()
    assert (bad.why_not, bad.why_not_text, bad.judged_at, bad.judged_by) == ("", "", None, None)


def test_a_judgement_that_is_refused_shows_its_form_on_its_page(client, world, need, monkeypatch):
    monkeypatch.setattr("matching.views.need_matches.PER_PAGE", 2)
    made = [NeedMatchFactory(need=need, score=90 - n) for n in range(4)]
    sign_in(client, world.firm_staff)
    url = reverse("matching:need_matches", args=[need.public_id])
    action = reverse("matching:match_judge", args=[made[3].public_id])
    assert f'action="{action}?page=2"' in client.get(url, {"page": 2}).text

    refused = client.post(f"{action}?page=2", {"why_not": ""})
    assert refused.status_code == 422
    assert [(match.pk, bool(form.errors)) for match, form in refused.context["rows"]] == [
        (made[2].pk, False),
        (made[3].pk, True),
    ]
    assert f'href="{url}?page=1"' in refused.text
    assert f'href="{action}' not in refused.text

    elsewhere = client.post(action, {"why_not": ""})
    assert [match.pk for match, form in elsewhere.context["rows"] if form.errors] == [made[3].pk]
    assert client.post(f"{action}?page=2", {"why_not": "known"}).url == f"{url}?page=2"


def test_the_export_of_matches_is_what_is_shown(client, world, need):
    good = NeedMatchFactory(need=need, listing=world.listing, score=80)
    bad = NeedMatchFactory(need=need, score=90)
    judge(match=bad, why_not="known", by=world.firm_staff, at=POSTED)
    sign_in(client, world.firm_staff)
    url = reverse("matching:match_export", args=[need.public_id])
    for query, shown in (({}, good), ({"judged": "true"}, bad)):
        text = b"".join(client.get(url, query).streaming_content).decode("utf-8-sig")
        (line,) = list(csv.reader(io.StringIO(text)))[1:]
        assert line[:2] == [str(shown.score), shown.listing.number]
    api = api_of(world.firm_staff)
    address = reverse("matching-api:need-matches", args=[need.public_id])
    for query, shown in (({}, good), ({"judged": "true"}, bad)):
        (row,) = api.get(address, query).json()["results"]
        assert (row["listing"]["number"], row["score"]) == (shown.listing.number, shown.score)
    assert api.get(address, {"x": "1"}).status_code == 400


def test_a_program_judges_and_takes_back(world, need):
    match = NeedMatchFactory(need=need, listing=world.listing)
    api, url = api_of(world.firm_staff), reverse("matching-api:match-feedback", args=[match.public_id])
    wrong = api.put(url, {"why_not": "other"}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "why_not_text")
    assert api.put(url, {"why_not": "too_early", "text": "TRL 2"}, format="json").json()["why_not"] == "too_early"
    assert api.delete(url).json()["why_not"] == ""


def test_while_it_is_matched_the_page_says_so(client, world, need):
    sign_in(client, world.firm_staff)
    url = reverse("matching:need_matches", args=[need.public_id])
    assert "No technology fits yet" in client.get(url).text
    type(need).objects.filter(pk=need.pk).update(due_at=timezone.now())
    assert "Still being matched" in client.get(url).text


def test_a_withdrawn_listing_cannot_be_seen_or_judged(client, world, need):
    match = NeedMatchFactory(need=need, listing=ListingFactory(withdrawn=True))
    sign_in(client, world.firm_staff)
    assert numbers(client.get(reverse("matching:need_matches", args=[need.public_id])).context["page"]) == []
    assert client.post(reverse("matching:match_judge", args=[match.public_id]), {"why_not": "known"}).status_code == 404


def test_what_we_keep_about_a_person(world, need):
    NeedAnswerFactory(need=need, listing=world.listing, answered_by=world.institute_staff, text="mine")
    judge(match=NeedMatchFactory(need=need), why_not="known", by=world.firm_staff, at=POSTED)
    asker, answerer = personal_data(world.firm_staff), personal_data(world.institute_staff)
    assert [row["number"] for row in asker["needs"]] == [need.number]
    assert [row["why_not"] for row in asker["match_judgements"]] == ["known"]
    assert [(row["need__number"], row["text"]) for row in answerer["need_answers"]] == [(need.number, "mine")]
    stranger = personal_data(MembershipFactory().user)
    assert (stranger["needs"], stranger["need_answers"], stranger["match_judgements"]) == ([], [], [])
