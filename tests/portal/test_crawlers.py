"""Sitemap, robots, and what a page says of itself."""

import json
import re
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from portal.queries import crawlers
from tests.factories.accounts import OrganizationFactory
from tests.factories.brokers.register import agency
from tests.factories.programmes.calls import draft_call, published_call
from tests.factories.tech_listings import ListingFactory

pytestmark = pytest.mark.django_db
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def locations(client, address):
    answer = client.get(address)
    assert answer.headers["Content-Type"].startswith("application/xml")
    found = [each.text for each in ElementTree.fromstring(answer.content).iter(f"{SPACE}loc")]
    assert all(each.startswith(settings.SITE_URL) for each in found)
    return [each.removeprefix(settings.SITE_URL) for each in found]


def everything(client):
    return [place for part in locations(client, "/sitemap.xml") for place in locations(client, part)]


def test_the_sitemap_lists_what_is_public_and_it_opens(client, monkeypatch):
    monkeypatch.setattr(crawlers, "PART", 2)
    public = ListingFactory.create_batch(3)
    for hidden in ({"draft": True}, {"suspended": True}):
        ListingFactory(**hidden)
    call, draft = published_call(), draft_call()
    broker = agency(OrganizationFactory(broker=True), at=timezone.now())
    found = everything(client)
    listed = [each for each in found if each.startswith("/technologies/S")]
    assert sorted(listed) == sorted(reverse("tech_listings:detail", args=[each.reference]) for each in public)
    assert reverse("programmes:call", args=[call.public_id]) in found
    assert reverse("programmes:call", args=[draft.public_id]) not in found
    assert reverse("brokers:broker", args=[broker.number]) in found
    assert len(found) == len(set(found))
    assert [client.get(each).status_code for each in found] == [200] * len(found)


def test_a_part_says_when_each_was_changed(client):
    listing = ListingFactory()
    part = listing.pk // crawlers.PART
    root = ElementTree.fromstring(client.get(f"/sitemap-technologies-{part}.xml").content)
    assert [each.text for each in root.iter(f"{SPACE}lastmod")] == [
        timezone.localtime(listing.updated_at).isoformat(timespec="seconds")
    ]
    assert [client.get(f"/sitemap-{part}.xml").status_code for part in ("nothing-0", "pages-1")] == [404, 404]
    assert locations(client, "/sitemap-technologies-999999.xml") == []


def test_robots_names_the_sitemap_and_keeps_out_of_what_is_endless(client):
    text = client.get("/robots.txt").text
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in text
    assert "Disallow: /my/" in text
    assert "Disallow: /technologies/\n" not in text


def test_a_public_technology_describes_itself_to_machines(client):
    title = "수소 </script><script>alert(1)</script> & “저장”"
    listing = ListingFactory(title_ko=title, value_ko="한 번에 <b>두 배</b>", confidential_text="비밀")
    html = client.get(reverse("tech_listings:detail", args=[listing.reference]), headers={"accept-language": "ko"}).text
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    data = json.loads(block)
    assert (data["@type"], data["name"], data["sku"]) == ("Product", title, listing.number)
    assert data["manufacturer"]["name"] == listing.holder.name
    assert "비밀" not in block
    assert html.count("<script>") == 0


def test_canonical_and_other_languages(client):
    address = settings.SITE_URL + reverse("tech_listings:detail", args=[ListingFactory().reference])
    path = address.removeprefix(settings.SITE_URL)
    html = client.get(path).text
    assert f'<link rel="canonical" href="{address}">' in html
    for code in ("ko", "en", "zh-hans"):
        assert f'hreflang="{code}" href="{address}?lang={code}"' in html
    chinese = client.get(path, {"lang": "zh-hans"})
    assert '<html lang="zh-hans">' in chinese.text
    assert f'<link rel="canonical" href="{address}?lang=zh-hans">' in chinese.text
    assert '<html lang="zh' not in client.get(path).text
    assert client.get(path, {"lang": "xx"}).status_code == 200


def test_what_is_not_public_says_nothing_of_itself(client):
    from tests.factories.accounts import MembershipFactory, sign_in

    listing = ListingFactory(draft=True)
    sign_in(client, MembershipFactory(organization=listing.holder).user)
    html = client.get(reverse("tech_listings:detail", args=[listing.reference])).text
    assert "ld+json" not in html
    assert "canonical" not in html


def test_help_of_every_role_opens(client):
    from portal.wording.help import ROLES

    assert client.get("/help/nobody/").status_code == 404
    for role in ROLES:
        page = client.get(reverse("portal:help_role", args=[role.key]))
        assert page.status_code == 200
        assert all(f'id="{task.key}"' in page.text for task in role.tasks)
