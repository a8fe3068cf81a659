"""The officers' pages: queue, case, many at once; and what the holder sees of it."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from notifications.models import Notification
from tech_listings.enums import ListingState
from tech_listings.models import Listing
from tech_listings.queries import version_history
from tech_listings.services.edit import edit_listing
from tech_listings.services.submission import submit, take_back
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.tech_listings import (
    REGISTERED,
    ListingFactory,
    SourceFactory,
    an_officer,
    patent,
    publish,
    returned,
    sent,
)

QUEUE = "/review/"
CANARY = "kanarienvogel"


@pytest.fixture
def officer():
    return an_officer()


@pytest.fixture
def desk(officer):
    client = Client()
    sign_in(client, officer)
    return client


def case(listing):
    return reverse("tech_listings:review_case", args=[listing.reference])


def act(client, listing, action, **data):
    data = {"revision": listing.revision} | data
    return client.post(reverse(f"tech_listings:review_{action}", args=[listing.reference]), data)


def titles(response):
    return [listing.title_ko for listing in response.context["page"]]


def test_the_queue_by_tab_institute_and_finding(desk):
    first = sent(title_ko="먼저", at=REGISTERED, rights=[patent(1)])
    sent(title_ko="나중", at=REGISTERED + timedelta(days=1), rights=[patent(1)], summary_ko="전혀 다른 글 하나")
    sent(title_ko="아직", at=REGISTERED + timedelta(days=2), in_review=False, summary_ko="또 다른 글")
    ListingFactory(title_ko="파일에서", source=SourceFactory(name="특허대장"), source_key="a:1")
    ListingFactory(title_ko="멈춤", suspended=True)
    ListingFactory(title_ko="초안", draft=True)
    assert titles(desk.get(QUEUE)) == ["먼저", "나중", "아직"]
    assert "being checked" in desk.get(QUEUE).text
    assert titles(desk.get(f"{QUEUE}?tab=after")) == ["파일에서"]
    assert "특허대장" in desk.get(f"{QUEUE}?tab=after").text
    assert titles(desk.get(f"{QUEUE}?tab=suspended")) == ["멈춤"]
    assert titles(desk.get(f"{QUEUE}?holder={first.holder.public_id}")) == ["먼저"]
    assert titles(desk.get(f"{QUEUE}?finding=same_number")) == ["나중"]
    assert titles(desk.get(f"{QUEUE}?finding=warned")) == ["나중"]
    assert titles(desk.get(f"{QUEUE}?finding=clean")) == ["먼저", "아직"]
    assert "No technology is like this" in desk.get(f"{QUEUE}?finding=expired").text


def test_empty_queues_say_what_comes_there(desk):
    for tab, said in (("before", "Nothing waits"), ("after", "Everything was looked at"), ("suspended", "Nothing is")):
        assert said in desk.get(f"{QUEUE}?tab={tab}").text


def test_a_case_shows_text_checks_duplicates_and_no_confidential_part(desk):
    other = ListingFactory(title_en="There before", rights=[patent(1)])
    waiting = sent(rights=[patent(1)], confidential_text=CANARY, confidential_reason="know-how", value_ko="값 42")
    page = desk.get(case(waiting)).text
    for said in ("값 42", "10-0000001", "Same right", "There before", case(other), "There is a confidential part"):
        assert said in page, said
    assert CANARY not in page
    assert CANARY not in desk.get(f"/api/v1{case(waiting)}").text
    assert CANARY not in desk.get(reverse("tech_listings:detail", args=[waiting.reference])).text


def test_after_a_decision_the_next_one_opens_in_the_same_queue(desk):
    holder = OrganizationFactory(institute=True)
    sent(at=REGISTERED)
    first, second = (sent(holder=holder, at=REGISTERED + timedelta(days=n)) for n in (1, 2))
    query = f"holder={holder.public_id}"
    page = desk.get(f"{case(first)}?{query}")
    assert (page.context["position"], page.context["many"]) == (1, 2)
    assert page.context["next_url"] == f"{case(second)}?{query}"
    answer = act(desk, first, "approve", query=query)
    assert answer.url == f"{case(second)}?{query}"
    last = act(desk, second, "return", query=query, note="Say more")
    assert last.url == f"{QUEUE}?{query}"
    assert [x.state for x in (Listing.objects.get(pk=p.pk) for p in (first, second))] == ["published", "returned"]


def test_a_refused_return_keeps_what_was_typed(desk):
    waiting = sent()
    wrong = act(desk, waiting, "return", **{"mark-effect": "on", "note-title_ko": "Shorter", "note": "In all"})
    assert wrong.status_code == 422
    for said in ("Write what is to be done about each field you mark", "Shorter", "In all"):
        assert said in wrong.text
    assert Listing.objects.get(pk=waiting.pk).state == ListingState.IN_REVIEW
    assert act(desk, waiting, "exempt", until="", reason="").status_code == 422
    assert act(desk, waiting, "return", **{"note-nothing": "x"}).status_code == 422
    assert act(desk, waiting, "return", **{"note-nul\x00l": "x"}).status_code == 422
    assert Listing.objects.get(pk=waiting.pk).state == ListingState.IN_REVIEW


def test_control_characters_in_a_note_are_left_out(desk):
    waiting = sent()
    refused = act(desk, waiting, "return", **{"note-effect": "By how\x00 much", "note": "All\x00"})
    assert refused.status_code == 422
    assert act(desk, waiting, "return", **{"note-effect": "By how\x00 much"}).status_code == 302
    assert waiting.submissions.get().marks == {"effect": "By how much"}


def test_the_second_officer_is_told_what_it_is_now_and_by_whom(desk, officer):
    waiting, other = sent(), Client()
    first = an_officer()
    sign_in(other, first)
    act(other, waiting, "return", note="Say more")
    late = act(desk, waiting, "approve")
    assert late.status_code == 409
    assert first.name in late.text
    assert "Returned for completion" in late.text
    assert Listing.objects.get(pk=waiting.pk).state == ListingState.RETURNED


def test_the_institute_takes_it_back_while_an_officer_reads(desk):
    waiting = sent()
    desk.get(case(waiting))
    take_back(listing=waiting, by=UserFactory(), at=REGISTERED)
    for late in (lambda: act(desk, waiting, "approve"), lambda: desk.get(case(waiting))):
        assert late().url == QUEUE, "a draft is its institute's alone"
        assert "The holder took it back on" in desk.get(QUEUE).text
    assert Listing.objects.get(pk=waiting.pk).state == ListingState.DRAFT
    assert desk.get(case(ListingFactory(draft=True))).status_code == 404
    assert Client().get(case(waiting)).status_code == 302


def test_what_was_marked_stands_at_the_fields_and_what_changed_before_the_officer(desk):
    back = returned(
        marks={"conditions_of_use": "Say the conditions", "effect": "Say by how much", "rights": "Which patent?"},
        note="Nearly there",
    )
    staff, institute = MembershipFactory(organization=back.holder).user, Client()
    sign_in(institute, staff)
    form = institute.get(reverse("tech_listings:edit", args=[back.reference])).text
    for said in ("Nearly there", "Say the conditions", "Say by how much", "Which patent?"):
        assert said in form
    described = re.search(r'name="conditions_of_use"[^>]*aria-describedby="([^"]+)"', form)[1].split()
    assert any(re.search(rf'id="{name}"[^>]*>.*?Say the conditions', form, re.DOTALL) for name in described)
    assert "Say the conditions" in institute.get(reverse("tech_listings:detail", args=[back.reference])).text

    edited = edit_listing(
        listing=back, content={"conditions_of_use": "Royalty of 3 percent", "title_en": "Renamed"}, rights=[patent(8)],
        seen_revision=back.revision, by=staff, at=REGISTERED,
    )  # fmt: skip
    waiting = sent(listing=edited)
    page = desk.get(case(waiting))
    fields = {field.name: field for field in [*page.context["fields"], *page.context["empty_fields"]]}
    assert (fields["conditions_of_use"].value, fields["conditions_of_use"].before) == ("Royalty of 3 percent", "협의")
    assert fields["title_en"].before is not None
    assert fields["effect"].was_ignored
    assert page.context["rights_field"].before == "–"
    assert "Marked before, not changed" in page.text
    assert "Nearly there" in page.text


def test_a_selection_is_confirmed_by_name_and_what_changed_is_left_out(desk):
    one, two, changed = sent(title_ko="하나"), sent(title_ko="둘"), sent(title_ko="바뀐 것")
    MembershipFactory(organization=one.holder)
    chosen = [f"{x.public_id}:{x.revision}" for x in (one, two, changed)]
    Listing.objects.filter(pk=changed.pk).update(revision=9)
    asked = desk.post("/review/batch/", {"chosen": [*chosen, "nonsense:1", f"{one.public_id}:x"], "query": ""})
    assert Listing.objects.published().count() == 0, "only asked yet"
    assert [choice.listing.title_ko for choice, _warnings in asked.context["good"]] == ["하나", "둘"]
    assert "changed this technology after you opened it" in asked.text
    Listing.objects.filter(pk=two.pk).update(revision=9)
    done = desk.post("/review/batch/", {"chosen": chosen[:2], "confirmed": "1"})
    assert [x.title_ko for x in done.context["outcome"].done] == ["하나"]
    assert [x.listing.title_ko for x in done.context["left_out"]] == ["둘"]
    assert Notification.objects.count() == 1


def test_a_selection_says_what_the_check_warned_about(desk):
    ListingFactory(title_en="There before", rights=[patent(1)])
    warned, clean = sent(rights=[patent(1)], summary_ko="아주 다른 글"), sent(title_ko="깨끗한 것")
    asked = desk.post("/review/batch/", {"chosen": [f"{x.public_id}:{x.revision}" for x in (warned, clean)]})
    assert "The check warned about 1 of these" in asked.text
    assert "10-0000001 is a right of another technology, too." in asked.text
    assert case(warned) in asked.text
    assert case(clean) not in asked.text


def test_a_selection_sent_twice_says_that_all_is_done(desk, officer):
    waiting, told = sent(), []
    chosen = {"chosen": f"{waiting.public_id}:{waiting.revision}", "confirmed": "1"}
    first = desk.post("/review/batch/", chosen)
    assert "is public" in first.text
    for again in (chosen, chosen | {"confirmed": ""}):
        told.append(desk.post("/review/batch/", again).text)
        assert "You registered it already" in told[-1]
    assert "nothing was left to do" in told[0]
    assert "Each institute was told" not in told[0]


def test_who_decided_in_another_tab_is_told_so(desk, officer):
    registered, back = sent(), sent()
    act(desk, registered, "approve")
    late = act(desk, registered, "approve")
    assert late.status_code == 409
    assert "You registered it already" in late.text
    act(desk, back, "return", note="Say more")
    late = act(desk, back, "approve")
    assert late.status_code == 409
    assert "You changed this technology yourself" in late.text
    assert officer.name not in late.context["refused"]


def test_every_mark_without_a_note_is_told_at_its_field(desk):
    waiting = sent()
    wrong = act(desk, waiting, "return", **{"mark-effect": "on", "mark-rights": "on", "note-title_ko": "Shorter"})
    assert [field.name for field in wrong.context["wrong"]] == ["effect", "rights"]
    for name in ("effect", "rights"):
        assert f'href="#note-{name}"' in wrong.text
        assert f'id="note-{name}-error"' in wrong.text
    nothing = act(desk, waiting, "return")
    assert nothing.context["return_form"].errors["note"]
    assert desk.get(case(waiting)).context["wrong"] == []


def test_nothing_selected_is_said(desk):
    assert "Select at least one" in desk.post("/review/batch/", {}, follow=True).text


def test_many_of_a_file_are_marked_as_looked_at_together(desk):
    listings = [ListingFactory() for _ in range(3)]
    chosen = [f"{x.public_id}:{x.revision}" for x in listings]
    Listing.objects.filter(pk=listings[0].pk).update(revision=9)
    page = desk.post("/review/batch/", {"chosen": chosen, "query": "tab=after"}, follow=True)
    assert "2 marked as looked at, 1 left" in page.text
    assert titles(page) == [listings[0].title_ko]


def test_the_api_returns_and_registers_and_says_what_is_left_out(desk):
    back, one, two = sent(), sent(), sent()
    rows = desk.get("/api/v1/review/?tab=before").json()["results"]
    assert [row["revision"] for row in rows] == [back.revision] * 3
    given = {"revision": back.revision, "marks": {"effect": "Say by how much"}}
    answer = desk.post(f"/api/v1{case(back)}return/", given, content_type="application/json").json()
    assert answer["state"] == "returned"
    assert answer["submissions"][0]["marks"] == {"effect": "Say by how much"}
    assert (
        desk.post(f"/api/v1{case(one)}approve/", {"revision": 99}, content_type="application/json").status_code == 409
    )
    ids = [{"id": str(one.public_id), "revision": one.revision}, {"id": str(two.public_id), "revision": 99}]
    batch = desk.post("/api/v1/review/batch/", {"choices": ids}, content_type="application/json").json()
    assert [row["id"] for row in batch["registered"]] == [str(one.public_id)]
    assert [row["id"] for row in batch["left_out"]] == [str(two.public_id)]
    assert desk.get("/api/v1/review/?tab=nonsense").status_code == 400
    assert desk.get("/api/v1/review/?nonsense=1").status_code == 400


def test_the_public_history_shows_public_versions_and_public_fields_only(client):
    listing = ListingFactory(draft=True, title_ko=f"초안 {CANARY}", confidential_text=CANARY, confidential_reason="x")
    first = edit_listing(
        listing=listing,
        content={"title_ko": "공개 제목"},
        rights=None,
        seen_revision=1,
        by=UserFactory(),
        at=REGISTERED,
    )
    waiting = sent(listing=first)
    desk = Client()
    sign_in(desk, an_officer())
    act(desk, waiting, "return", note=f"note {CANARY}")
    back = Listing.objects.get(pk=listing.pk)
    second = edit_listing(
        listing=back, content={"trl": 4}, rights=None, seen_revision=back.revision, by=UserFactory(), at=REGISTERED
    )
    public = publish(listing=second, at=REGISTERED)
    edit_listing(
        listing=public, content={"trl": 5, "confidential_text": f"more {CANARY}"}, rights=None,
        seen_revision=public.revision, by=UserFactory(), at=REGISTERED,
    )  # fmt: skip
    page = client.get(reverse("tech_listings:history", args=[public.number]))
    assert page.status_code == 200
    assert CANARY not in page.text
    assert [v.number for v in version_history(Listing.objects.get(pk=listing.pk), inside=False)] == [2, 1]
    assert reverse("tech_listings:history", args=[public.number]) in client.get(f"/technologies/{public.number}/").text


def test_submitting_an_old_tab_is_refused_and_says_who(client):
    member = MembershipFactory(institute=True)
    sign_in(client, member.user)
    listing = ListingFactory(draft=True, holder=member.organization)
    Listing.objects.filter(pk=listing.pk).update(revision=5)
    answer = client.post(reverse("tech_listings:submit", args=[listing.reference]), {"revision": 1})
    assert answer.status_code == 409
    assert "after you opened it" in answer.text
    assert Listing.objects.get(pk=listing.pk).state == ListingState.DRAFT
    assert submit(listing=listing, by=member.user, at=REGISTERED).serial == 1
