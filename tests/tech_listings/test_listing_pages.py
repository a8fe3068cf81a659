"""The public list and listing page, and the holder's pages, as a browser sends them."""

import uuid

import pytest
from django.urls import reverse
from django.utils.html import escape

from accounts.enums import Role
from taxonomy.services.load_product import load_product
from tech_listings.enums import DealKind, ListingState
from tech_listings.filters import MOST_TYPED
from tech_listings.models import Listing
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.tech_listings import REGISTERED, ListingFactory, patent

LIST = "/technologies/"


def titles(response):
    return [listing.title_ko for listing in response.context["page"]]


def test_the_list_is_public_newest_first_and_without_drafts(client):
    import datetime

    old = ListingFactory(title_ko="먼저")
    ListingFactory(title_ko="나중", registered_at=old.registered_at + datetime.timedelta(days=1))
    ListingFactory(title_ko="초안", draft=True)
    ListingFactory(title_ko="철회", withdrawn=True)
    response = client.get(LIST)
    assert titles(response) == ["나중", "먼저"]
    assert "초안" not in response.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ipc=H01M", {"전지"}),
        ("ipc=h", {"전지"}),
        ("ipc=H01M 10", {"전지"}),
        ("ipc=H01M10/0525", {"전지"}),
        ("ipc=H01M 10/05", {"전지"}),
        ("ipc=H01M 1", set()),
        ("ipc=G06", {"소프트"}),
        ("trl=4&trl=7", {"전지", "소프트"}),
        ("trl=4", {"전지"}),
        ("deal=assignment", {"소프트"}),
        ("right=registered", {"전지"}),
        ("price=negotiable", {"전지"}),
        ("price=under_30m", {"소프트"}),
        ("price=free", set()),
        ("holder_kind=university", {"전지", "소프트"}),
        ("holder_kind=national", set()),
        ("st=EF", {"전지"}),
        ("registered_after=2026-03-02&registered_before=2026-03-02", {"전지", "소프트"}),
        ("registered_after=2026-03-03", set()),
        ("q=전지&trl=4", {"전지"}),
        ("q=전지&trl=7", set()),
        ("utm_source=mail", {"전지", "소프트"}),
    ],
)
def test_filters(client, query, found):
    load_product(system="st")
    ListingFactory(title_ko="전지", ipc_codes=["H01M 10/0525"], trl=4, st_class="EF01", rights=[patent(1)])
    ListingFactory(
        title_ko="소프트", ipc_codes=["G06F 3/06"], trl=7, deal_kinds=[DealKind.ASSIGNMENT.value], price_won=10_000_000
    )
    assert set(titles(client.get(f"{LIST}?{query}"))) == found
    api = client.get(f"/api/v1/listings/?{query}")
    if "utm" in query:
        assert api.status_code == 400
    else:
        assert {row["title_ko"] for row in api.json()["results"]} == found


def test_a_box_counts_what_it_would_give(client):
    ListingFactory(trl=4)
    ListingFactory(trl=4, deal_kinds=[DealKind.ASSIGNMENT.value])
    ListingFactory(trl=7)
    facets = {f.name: {o.value: o.count for o in f.options} for f in client.get(f"{LIST}?trl=4").context["facets"]}
    assert facets["trl"] == {"4": 2, "7": 1}
    assert facets["deal"] == {"non_exclusive_licence": 1, "assignment": 1}
    for value, count in facets["trl"].items():
        assert len(titles(client.get(f"{LIST}?trl={value}"))) == count


def test_dates_are_counted_too_and_one_bad_filter_spoils_no_other(client):
    from django.utils import timezone

    ListingFactory(registered_at=timezone.now(), trl=4)
    ListingFactory(trl=7)
    facets = {f.name: {o.value: o.count for o in f.options} for f in client.get(LIST).context["facets"]}
    assert facets["listed"] == {"7": 1, "30": 1, "365": 2}
    response = client.get(f"{LIST}?trl=4&listed=forever")
    assert len(titles(response)) == 1
    assert [c.label for c in response.context["chips"]] == ["Technology readiness level: 4"]


def test_a_form_that_is_far_too_big_is_a_page(client, office):
    body = "title_ko=" + "x" * 6_000_000
    url = reverse("tech_listings:create")
    response = client.post(url, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 413
    assert "too large" in response.text
    assert Listing.objects.exists() is False


def test_counts_hold_nothing_that_is_hidden(client):
    ListingFactory(trl=9, draft=True)
    ListingFactory(trl=9, withdrawn=True)
    assert all(not facet.options for facet in client.get(LIST).context["facets"])


def test_a_swap_has_the_same_results_and_keeps_the_address(client):
    ListingFactory(title_ko="전지", trl=4)
    page, part = client.get(f"{LIST}?trl=4&q="), client.get(f"{LIST}?trl=4&q=", headers={"HX-Request": "true"})
    assert titles(page) == titles(part) == ["전지"]
    assert "<html" in page.text
    assert "<html" not in part.text
    assert part["HX-Push-Url"] == f"{LIST}?trl=4"
    assert "HX-Request" in part["Vary"]
    back = client.get(f"{LIST}?trl=4", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in back.text


@pytest.mark.parametrize("name", ["nonsense", "price_max", "trl_min", "registered_after_before"])
def test_the_api_refuses_a_parameter_that_it_does_not_have(client, db, name):
    refused = client.get("/api/v1/listings/", {name: "1"})

    assert refused.status_code == 400
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [(name, "unknown")]


@pytest.mark.parametrize(
    "query",
    ["ipc=%3Cscript%3E", "trl=eleven", "trl=12", "registered_after=yesterday", "holder=nobody", "page=minus", "price=x",
     "q=" + "a" * 3000, "listed=forever", "deal=%00", "q=%00", "ipc=%EF%BF%BD", "holder=" + "9" * 400],
)  # fmt: skip
def test_nonsense_in_the_address_is_a_page_not_a_crash(client, query):
    ListingFactory()
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    assert "<script>" not in response.text
    assert client.get(f"/api/v1/listings/?{query}").status_code in {200, 400}
    assert client.get(f"{LIST}export.csv?{query}").status_code == 200


def test_what_is_exported_is_what_is_filtered(client):
    ListingFactory(title_ko="=cmd()", title_en="", trl=4)
    ListingFactory(title_ko="다른 것", title_en="", trl=7)
    text = b"".join(client.get(f"{LIST}export.csv?trl=4").streaming_content).decode()
    assert text.startswith("\ufeff")
    assert "'=cmd()" in text
    assert "다른 것" not in text


def test_pages_ask_a_constant_number_of_questions(client, django_assert_max_num_queries):
    for _ in range(3):
        ListingFactory(trl=4, rights=[patent(1)])
    client.get(LIST)
    with django_assert_max_num_queries(20) as few:
        client.get(LIST)
    for serial in range(12):
        ListingFactory(trl=4, rights=[patent(serial + 5)])
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = client.get(LIST)
    assert (page.status_code, len(page.context["rows"])) == (200, 15)


def test_nothing_found_says_what_to_try(client):
    ListingFactory(title_ko="수소 저장")
    response = client.get(f"{LIST}?q=수소+우주선&match=all")
    assert titles(response) == []
    assert "?q=%EC%88%98%EC%86%8C" in response.text


def test_the_number_is_the_address(client):
    listing = ListingFactory()
    assert client.get(f"{LIST}{listing.number}/").status_code == 200
    moved = client.get(f"{LIST}{listing.public_id}/")
    assert (moved.status_code, moved["Location"]) == (301, f"{LIST}{listing.number}/")
    assert client.get(f"{LIST}S2026999999/").status_code == 404
    assert client.get(f"{LIST}{uuid.uuid4()}/").status_code == 404


def test_the_closed_part_is_named_not_shown(client):
    listing = ListingFactory(confidential_text="카나리아값", confidential_reason="특허에 없는 노하우")
    outsider = client.get(f"{LIST}{listing.number}/").text
    assert "카나리아값" not in outsider
    assert "특허에 없는 노하우" in outsider
    for url in (LIST, f"{LIST}{listing.number}/history/", f"/api/v1/listings/{listing.number}/", "/api/v1/listings/"):
        assert "카나리아값" not in client.get(url).text, url
    client.force_login(MembershipFactory(organization=listing.holder).user)
    # Its own people too go on to it, where that is written down (tests/disclosures).
    own = client.get(f"{LIST}{listing.number}/").text
    assert "카나리아값" not in own
    assert f"/my/listings/{listing.number}/confidential/" in own


def test_text_of_a_holder_is_only_text(client):
    listing = ListingFactory(
        title_ko="<b>x</b>", title_en="", summary_ko="<img src=x onerror=alert(1)>", keywords=["<i>"]
    )
    text = client.get(f"{LIST}{listing.number}/").text
    assert escape("<b>x</b>") in text
    assert "<img src=x" not in text
    assert "<i>" not in text


# --- who may ----------------------------------------------------------------------------------------------------------


def people(listing):
    member = {"organization": listing.holder}
    return {
        "anonymous": None,
        "nobody": UserFactory(),
        "firm": MembershipFactory(company=True).user,
        "other institute": MembershipFactory(institute=True).user,
        "viewer": MembershipFactory(role=Role.VIEWER, **member).user,
        "staff": MembershipFactory(**member).user,
        "manager": MembershipFactory(role=Role.MANAGER, **member).user,
        "officer": MembershipFactory(government=True).user,
    }


WHO = ["anonymous", "nobody", "firm", "other institute", "viewer", "staff", "manager"]
SEE = {
    ListingState.PUBLISHED: [200] * 7,
    ListingState.DRAFT: [404, 404, 404, 404, 200, 200, 200],
    ListingState.WITHDRAWN: [410, 410, 410, 410, 200, 200, 200],
    ListingState.DISCARDED: [404] * 7,
    ListingState.SUBMITTED: [404, 404, 404, 404, 200, 200, 200],
    ListingState.IN_REVIEW: [404, 404, 404, 404, 200, 200, 200],
    ListingState.RETURNED: [404, 404, 404, 404, 200, 200, 200],
    ListingState.EXEMPTED: [404, 404, 404, 404, 200, 200, 200],
    ListingState.UNDER_NEGOTIATION: [200] * 7,
    ListingState.CONTRACTED: [200] * 7,
    ListingState.SUSPENDED: [410, 410, 410, 410, 200, 200, 200],
    ListingState.CLOSED: [200, 200, 200, 200, 200, 200, 200],
}
SINCE = {
    ListingState.WITHDRAWN: {"withdrawn_at": REGISTERED},
    ListingState.EXEMPTED: {"exempted_until": REGISTERED},
    ListingState.SUSPENDED: {"suspended_at": REGISTERED, "suspended_for": "dispute"},
    ListingState.CLOSED: {"closed_at": REGISTERED, "outcome": "assigned", "outcome_on": REGISTERED.date()},
}
UNNUMBERED = {
    ListingState.DRAFT, ListingState.DISCARDED, ListingState.SUBMITTED, ListingState.IN_REVIEW, ListingState.RETURNED,
    ListingState.EXEMPTED,
}  # fmt: skip


@pytest.mark.parametrize(
    ("state", "who", "status"), [(s, w, c) for s, row in SEE.items() for w, c in zip(WHO, row, strict=True)]
)
def test_who_sees_a_listing(client, state, who, status):
    none = {"number": None, "registered_at": None} if state in UNNUMBERED else {}
    listing = ListingFactory(**{"state": state} | none | SINCE.get(state, {}))
    if user := people(listing)[who]:
        client.force_login(user)
    assert client.get(f"{LIST}{listing.reference}/").status_code == status
    assert client.get(f"/api/v1/listings/{listing.reference}/").status_code == status


def test_what_is_withdrawn_is_not_asked_about_again(client):
    listing = ListingFactory(withdrawn=True)
    client.force_login(MembershipFactory(organization=listing.holder, manager=True).user)
    response = client.get(f"/my/listings/{listing.reference}/withdraw/")
    assert (response.status_code, response.url) == (302, f"{LIST}{listing.reference}/")


ACTIONS = ["edit", "submit", "withdraw", "discard"]
DO = {
    "anonymous": [302] * 4,
    "nobody": [404] * 4,
    "firm": [404] * 4,
    "other institute": [404] * 4,
    "viewer": [403] * 4,
    "staff": [302] * 4,
    "manager": [302] * 4,
}


@pytest.mark.parametrize(
    ("who", "action", "status"), [(w, a, c) for w, row in DO.items() for a, c in zip(ACTIONS, row, strict=True)]
)
def test_who_changes_a_draft(client, who, action, status):
    listing = ListingFactory(draft=True)
    if action == "withdraw":
        listing = ListingFactory()
        status = {404: 403}.get(status, status)
    if user := people(listing)[who]:
        client.force_login(user)
    sent = {"title_ko": "새 제목", "revision": 1, "reason": "계약", "rights-TOTAL_FORMS": 0, "rights-INITIAL_FORMS": 0}
    before = Listing.objects.values().get(pk=listing.pk)
    response = client.post(reverse(f"tech_listings:{action}", args=[listing.reference]), sent)
    assert response.status_code == status
    changed = Listing.objects.values().get(pk=listing.pk) != before
    assert changed is (who in {"staff", "manager"})


@pytest.mark.parametrize(("who", "status"), [("anonymous", 302), ("nobody", 403), ("firm", 403), ("viewer", 403)])
def test_who_may_not_start_a_draft(client, who, status):
    holder = ListingFactory().holder
    if user := people(ListingFactory(holder=holder))[who]:
        client.force_login(user)
    before = Listing.objects.count()
    assert client.post(reverse("tech_listings:create"), {"title_ko": "x"}).status_code == status
    assert Listing.objects.count() == before


# --- the form ---------------------------------------------------------------------------------------------------------

RIGHTS = {"rights-TOTAL_FORMS": "0", "rights-INITIAL_FORMS": "0"}


@pytest.fixture
def office(client):
    member = MembershipFactory(institute=True, role=Role.MANAGER)
    client.force_login(member.user)
    return member.organization


def test_a_draft_needs_only_a_title(client, office):
    response = client.post(reverse("tech_listings:create"), {"title_ko": "새 기술", "key": str(uuid.uuid4()), **RIGHTS})
    assert response.status_code == 302
    listing = Listing.objects.get()
    assert (listing.holder, listing.state, listing.title_ko) == (office, ListingState.DRAFT, "새 기술")


def test_the_button_pressed_twice_makes_one(client, office):
    sent = {"title_ko": "새 기술", "key": str(uuid.uuid4()), **RIGHTS}
    first, second = (client.post(reverse("tech_listings:create"), sent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Listing.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title_ko", ""), ("ipc_codes", "battery"), ("price_won", "123.6"), ("price_won", "-1"), ("trl", "12"),
        ("keywords", ",".join(str(n) for n in range(30))), ("keywords", "x" * 61), ("st_class", "ZZ"),
        ("title_ko", "x" * 501), ("price_won", "9" * 30),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client, office, field, value):
    sent = {"title_ko": "제목", "summary_ko": "길게 쓴 글", "key": str(uuid.uuid4()), **RIGHTS, field: value}
    response = client.post(reverse("tech_listings:create"), sent)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "길게 쓴 글" in response.text
    assert Listing.objects.exists() is False


def test_a_right_more_keeps_what_was_typed(client, office):
    sent = {"title_ko": "제목", "key": str(uuid.uuid4()), "add_right": "1", **RIGHTS}
    response = client.post(reverse("tech_listings:create"), sent)
    assert response.status_code == 200
    assert response.context["rights"].total_form_count() == 1
    assert 'value="제목"' in response.text


def right_fields(**changes):
    given = {"kind": "patent", "country": "KR", "application_number": "10-2023-0086766", "status": "applied"}
    return {f"rights-0-{name}": value for name, value in (given | changes).items()}


def test_korean_numbers_are_stored_as_the_register_has_them(client, office):
    sent = {"title_ko": "제목", **RIGHTS, "rights-TOTAL_FORMS": "1", **right_fields(registration_number="10-1170801")}
    assert client.post(reverse("tech_listings:create"), sent).status_code == 302
    right = Listing.objects.get().rights.get()
    assert (right.application_number, right.registration_number) == ("1020230086766", "1011708010000")


def test_a_wrong_number_is_refused_by_name(client, office):
    sent = {"title_ko": "제목", **RIGHTS, "rights-TOTAL_FORMS": "1", **right_fields(application_number="1.02E+12")}
    response = client.post(reverse("tech_listings:create"), sent)
    assert response.status_code == 422
    assert "1.02E+12" in response.text
    assert Listing.objects.exists() is False


def test_the_second_editor_sees_both_texts(client, office):
    listing = ListingFactory(holder=office, draft=True, title_ko="첫 제목")
    url = reverse("tech_listings:edit", args=[listing.reference])
    client.post(url, {"title_ko": "동료의 제목", "revision": "1", **RIGHTS})
    response = client.post(url, {"title_ko": "나의 제목", "revision": "1", **RIGHTS})
    assert response.status_code == 409
    assert "동료의 제목" in response.text
    assert "나의 제목" in response.text
    assert Listing.objects.get().title_ko == "동료의 제목"


def test_save_and_send_in_one_step(client, office):
    sent = {
        "title_ko": "수전해", "summary_ko": "요약", "field_of_use": "발전", "conditions_of_use": "협의",
        "deal_kinds": ["non_exclusive_licence"], "submit": "1", **RIGHTS,
    }  # fmt: skip
    client.post(reverse("tech_listings:create"), sent, follow=True)
    listing = Listing.objects.get()
    assert listing.state == ListingState.SUBMITTED
    assert "An officer looks at it" in client.get(f"{LIST}{listing.reference}/").text
    assert titles(client.get(f"{LIST}?q=수전해")) == []


def test_what_is_incomplete_is_not_sent_and_it_is_said_what_is_missing(client, office):
    response = client.post(
        reverse("tech_listings:create"), {"title_ko": "수전해", "submit": "1", **RIGHTS}, follow=True
    )
    assert Listing.objects.get().state == ListingState.DRAFT
    assert "is missing" in response.text


def test_the_holder_confirms_that_it_is_still_available(client, office):
    from django.utils import timezone

    listing = ListingFactory(holder=office)
    client.post(reverse("tech_listings:confirm", args=[listing.reference]))
    assert Listing.objects.get(pk=listing.pk).confirmed_on == timezone.localdate()
    other = ListingFactory()
    assert client.post(reverse("tech_listings:confirm", args=[other.reference])).status_code == 403
    assert Listing.objects.get(pk=other.pk).confirmed_on is None


def test_my_list_is_the_current_organizations(client, office):
    ListingFactory(holder=office, draft=True, title_ko="우리 초안")
    ListingFactory(holder=OrganizationFactory(institute=True), title_ko="남의 것")
    assert titles(client.get(reverse("tech_listings:mine"))) == ["우리 초안"]
    assert titles(client.get(reverse("tech_listings:mine") + "?state=published")) == []


def test_a_text_that_is_too_long_is_kept_and_said_to_be_so(client):
    ListingFactory()
    wrong = client.get("/technologies/", {"q": "x" * (MOST_TYPED + 1)})
    assert "This text is too long to search for: at most 20,000 characters" in wrong.text
    assert 'aria-describedby="id_q-wrong"' in wrong.text
    assert "x" * (MOST_TYPED + 1) in wrong.text


def test_the_end_of_a_line_is_one_character_however_it_is_sent(client):
    page = client.get("/technologies/", {"q": "수소\r\n" * (MOST_TYPED // 3)})
    assert "id_q-wrong" not in page.text
    assert f'data-most="{MOST_TYPED}"' in page.text


@pytest.mark.parametrize("state", ["suspended", "withdrawn"])
def test_what_was_public_once_says_that_it_is_no_longer_offered_and_nothing_else(client, state):
    canary = "kanarienvogel"
    listing = ListingFactory(title_ko=canary, title_en=canary, **{state: True})
    for name in ("detail", "history"):
        page = client.get(reverse(f"tech_listings:{name}", args=[listing.number]))
        assert page.status_code == 410
        assert f"{listing.number} is not offered at present" in page.text
        assert canary not in page.text
        assert client.get(reverse(f"tech_listings:{name}", args=[listing.public_id])).status_code == 404
    answer = client.get(f"/api/v1/listings/{listing.number}/")
    assert (answer.status_code, answer.json()["code"]) == (410, "no_longer_offered")
    assert canary not in answer.text
    sign_in(client, MembershipFactory(organization=listing.holder).user)
    assert client.get(reverse("tech_listings:detail", args=[listing.number])).status_code == 200


def test_what_never_was_public_is_not_there(client):
    for address in (ListingFactory(draft=True).public_id, "S2026999999"):
        assert client.get(reverse("tech_listings:detail", args=[address])).status_code == 404
        assert client.get(f"/api/v1/listings/{address}/").status_code == 404
