"""The search over everything: groups, who sees what, and nonsense."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from portal.results import LONGEST, SHOWN
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.brokers.register import agency
from tests.factories.matching import NeedFactory
from tests.factories.programmes.calls import published_call
from tests.factories.tech_listings import ListingFactory

pytestmark = pytest.mark.django_db


def groups(client, q, language="ko"):
    page = client.get(reverse("portal:search"), {"q": q}, headers={"accept-language": language})
    return {group.key: group for group in page.context["groups"]}


@pytest.fixture
def everything():
    ListingFactory(title_ko="수소 저장 용기")
    ListingFactory(title_ko="수소 초안", draft=True)
    NeedFactory(title="수소 압축기")
    agency(OrganizationFactory(broker=True, name="수소거래"), at=timezone.now())
    call = published_call()
    return call


def test_visitors_find_what_is_public_in_groups(client, everything):
    found = groups(client, "수소")
    assert set(found) == {"technologies", "brokers"}
    assert [hit.title for hit in found["technologies"].hits] == ["수소 저장 용기"]
    assert [hit.title for hit in found["brokers"].hits] == ["수소거래"]


def test_needs_are_found_by_who_may_see_them(client, everything):
    institute = OrganizationFactory(institute=True)
    sign_in(client, MembershipFactory(organization=institute, role=Role.STAFF).user)
    assert [hit.title for hit in groups(client, "수소")["needs"].hits] == ["수소 압축기"]
    newcomer = Client()
    sign_in(newcomer, MembershipFactory(requested=True).user)
    assert "needs" not in groups(newcomer, "수소")


def test_a_call_is_found_by_its_number(client, everything):
    assert [hit.title for hit in groups(client, everything.number)["calls"].hits] == [everything.title]


@pytest.mark.parametrize(("q", "language"), [("voucher", "en"), ("VOUCHER order", "en")])
def test_help_is_found_by_words_of_its_steps(client, q, language):
    hits = groups(client, q, language)["help"].hits
    assert any(hit.url == "/help/firm/#voucher" for hit in hits)


def test_a_group_shows_some_and_links_to_all(client):
    for n in range(SHOWN + 2):
        agency(OrganizationFactory(broker=True, name=f"나루 {n}"), at=timezone.now())
    group = groups(client, "나루")["brokers"]
    assert (len(group.hits), group.count, group.has_more) == (SHOWN, SHOWN + 2, False)
    assert len(client.get(group.url).context["entries"]) == SHOWN + 2


@pytest.mark.parametrize(
    "q", ["", "   ", "\x00", "%_'\"\\;--", "((", "\ud800", "a" * 5000, "ㅋ" * 900, "<script>", "없는말입니다"]
)
def test_nonsense_finds_nothing_and_breaks_nothing(client, q, everything):
    for address in (reverse("portal:search"), reverse("portal-api:search")):
        answer = client.get(address, {"q": q.encode("utf-8", "replace")})
        assert answer.status_code == 200
        assert "><script>" not in answer.text
    assert len(answer.json()["asked"]) <= LONGEST


def test_the_api_finds_the_same(client, everything):
    page = groups(client, "수소")
    answer = client.get(reverse("portal-api:search"), {"q": "수소"}, headers={"accept-language": "ko"}).json()
    assert answer["asked"] == "수소"
    assert [(group["key"], group["count"], [hit["title"] for hit in group["hits"]]) for group in answer["groups"]] == [
        (group.key, group.count, [hit.title for hit in group.hits]) for group in page.values()
    ]
    assert client.get(reverse("portal-api:search"), {"words": "수소"}).status_code == 400
