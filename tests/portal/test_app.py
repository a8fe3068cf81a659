"""The installable app: manifest, worker, the page without network, and what may be kept on a device."""

import json
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse

from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.tech_listings import ListingFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_manifest_is_complete_in_every_language(client, language):
    answer = client.get(reverse("portal:manifest"), {"lang": language})
    assert answer.headers["Content-Type"] == "application/manifest+json"
    found = json.loads(answer.content)
    assert found["lang"] == language
    assert (found["start_url"], found["scope"], found["display"]) == ("/", "/", "standalone")
    assert found["name"]
    assert found["short_name"]
    assert {icon["sizes"] for icon in found["icons"] if icon["purpose"] == "any"} == {"192x192", "512x512"}
    for icon in found["icons"]:
        assert finders.find(icon["src"].removeprefix(settings.STATIC_URL))
    assert all(client.get(shortcut["url"]).status_code == 200 for shortcut in found["shortcuts"])


def test_the_worker_comes_from_the_root_with_a_version_and_is_asked_for_each_time(client):
    answer = client.get(reverse("portal:worker"))
    assert reverse("portal:worker").count("/") == 1
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert "no-cache" in answer.headers["Cache-Control"]
    assert re.search(r'const VERSION = "[0-9a-f]{12}";', answer.text)
    kept = json.loads(re.search(r"const KEPT = (.*);", answer.text)[1])
    assert all(finders.find(path.removeprefix(settings.STATIC_URL)) for path in kept)
    pages = json.loads(re.search(r"const OFFLINE = (.*);", answer.text)[1])
    assert [client.get(path).status_code for path in pages.values()] == [200] * len(settings.LANGUAGES)


def test_the_page_without_network_names_nobody(client):
    member = MembershipFactory().user
    sign_in(client, member)
    page = client.get(reverse("portal:offline")).text
    assert member.email not in page
    assert "csrf" not in page


def test_only_public_technologies_read_signed_out_may_be_kept(client):
    listing, hidden = ListingFactory(), ListingFactory(draft=True)
    address = reverse("tech_listings:detail", args=[listing.reference])
    assert client.get(address).headers["Ieum-Offline"] == "keep"
    for path in ("/", "/technologies/", "/search/?q=a", "/accounts/login/"):
        assert "Ieum-Offline" not in client.get(path).headers
    sign_in(client, MembershipFactory(organization=hidden.holder).user)
    assert "Ieum-Offline" not in client.get(address).headers
    assert "Ieum-Offline" not in client.get(reverse("tech_listings:detail", args=[hidden.reference])).headers


def test_every_page_names_the_manifest_and_registers_the_worker(client):
    page = client.get("/", headers={"accept-language": "en"}).text
    assert f'rel="manifest" href="{reverse("portal:manifest")}?lang=en"' in page
    assert "js/app.js" in page
