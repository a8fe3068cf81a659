"""A partner mirrors the market by its program, is cut off, and goes on; its manager makes the key on the page."""

import gzip
import json
import re
import time

import pytest
from django.utils import timezone

from open_data.services.bulk import make_bulk
from tech_listings.models import Listing
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory
from tests.factories.open_data import endpoint_of, message_to, partner, reported
from tests.factories.tech_listings import ListingFactory
from tests.journeys.test_pages import AXE, FRAME, OPEN_ALL, faults
from tests.journeys.test_program import program  # noqa: F401  a fixture


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


class CutOffError(Exception):
    pass


class Mirror:
    """What a partner's program keeps, written as the page tells it to."""

    def __init__(self, call):
        self.call, self.kept, self.cursor = call, {}, ""

    def take(self, manifest, content):
        for line in gzip.decompress(content).decode().splitlines():
            record = json.loads(line)
            self.kept[record["id"]] = record
        self.cursor = manifest["cursor"]

    def follow(self, *, cut_off_after=None):
        """Until nothing more is there; the cursor is kept after the page was written."""
        for page in range(100):
            status, said = self.call("GET", f"changes/?since={self.cursor}&limit=2")
            assert status == 200
            for change in said["changes"]:
                if change["deleted"]:
                    self.kept.pop(change["id"], None)
                else:
                    self.kept[change["id"]] = change["record"]
            if page == cut_off_after:
                raise CutOffError  # written, but the cursor was not kept: the page comes once more
            self.cursor = said["cursor"]
            if not said["more"]:
                return
        raise AssertionError("the pages have no end")


def market():
    return {str(row.public_id): row.title_ko for row in Listing.objects.shown()}


def mirrored(mirror):
    return {key: record["title_ko"] for key, record in mirror.kept.items()}


def catches_up(mirror):
    """Another transaction of this database may hold the feed for a moment."""
    for _try in range(100):
        mirror.follow()
        if mirrored(mirror) == market():
            return True
        time.sleep(0.1)
    return False


def test_a_partner_mirrors_is_cut_off_and_goes_on(visit, program, browser, live_server):  # noqa: F811
    manager = partner()
    page = visit(manager.user, "/open-data/")
    page.get_by_role("link", name="Keys").click()
    page.get_by_label("Name").fill("Mirror")
    page.get_by_label("Download bulk files").check()
    page.get_by_label("Report deals of mirrored technologies").check()
    page.get_by_role("button", name="Make a key").click()
    text = page.locator(".token-text").inner_text()
    assert re.fullmatch(r"ieumkey_[\w-]{43}", text)

    listings = [ListingFactory() for _ in range(5)]
    make_bulk(at=timezone.now())
    mirror = Mirror(program(text))
    _status, manifest = mirror.call("GET", "bulk/")
    (file,) = [each for each in manifest["files"] if (each["collection"], each["format"]) == ("listings", "jsonl")]
    got = browser.new_context().request.get(f"{live_server.url}/api/v1/bulk/{file['name']}/")
    mirror.take(file, got.body())
    assert mirrored(mirror) == market()

    for listing in listings[:4]:
        Listing.objects.filter(pk=listing.pk).update(title_ko=f"새 이름 {listing.pk}")
    ListingFactory()
    holder = MembershipFactory(organization=listings[4].holder, role="manager").user
    withdraw(listing=listings[4], reason="Sold", by=holder, at=timezone.now())
    with pytest.raises(CutOffError):
        mirror.follow(cut_off_after=1)
    assert mirrored(mirror) != market()
    assert catches_up(mirror)

    deal = {
        "own_number": "P-1", "listing": listings[0].number, "kind": "non_exclusive_licence",
        "happened_on": timezone.localdate().isoformat(),
    }  # fmt: skip
    assert mirror.call("POST", "partner-deals/", data=deal)[0] == 201
    assert mirror.call("POST", "partner-deals/", data=deal)[0] == 200
    holder = MembershipFactory(organization=listings[0].holder).user
    page = visit(holder, "/open-data/deals/")
    page.get_by_role("link", name=listings[0].number).click()
    page.get_by_label("Yes, it is so").check()
    page.get_by_role("button", name="Send the answer").click()
    page.get_by_text("The partner is told.").wait_for()
    assert mirror.call("GET", "totals/")[1]["confirmed_deals"] is None  # one is not said


def test_no_serious_fault(visit, settings):
    manager, listing = partner(), ListingFactory()
    endpoint = endpoint_of(manager)
    message_to(endpoint)
    deal = reported(manager, listing)
    make_bulk(at=timezone.now())
    holder = MembershipFactory(organization=listing.holder).user
    seen, found = 0, []
    for person, paths in (
        (None, ["/open-data/"]),
        (manager.user, ["/open-data/keys/", "/open-data/webhooks/", f"/open-data/webhooks/{endpoint.public_id}/"]),
        (holder, ["/open-data/deals/", f"/open-data/deals/{deal.public_id}/"]),
    ):
        page = visit(person, paths[0])
        page.add_init_script(path=AXE)
        for path in paths:
            assert page.goto(path).status == 200, path
            page.evaluate(OPEN_ALL)
            found += faults(page, path, FRAME)
            seen += 1
        page.context.close()
    assert (found, seen) == ([], 6)
