"""A citizen installs the app, reads a technology, loses the connection, and reads it again. And without JavaScript."""

from django.urls import reverse
from django.utils import timezone

from tech_listings.enums import ListingState, Outcome
from tech_listings.models import Listing
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import ListingFactory

ACTIVE = "navigator.serviceWorker.ready.then((found) => found.active.state)"
KEYS = "caches.open('ieum-read-1').then((read) => read.keys())"
CONTROLLED = "() => navigator.serviceWorker.controller !== null"


def kept(page):
    return page.evaluate(f"{KEYS}.then((keys) => keys.map((key) => new URL(key.url).pathname))")


def until_kept(page, addresses):
    """The worker keeps and forgets beside the answer, so a moment later."""
    for _moment in range(100):
        if kept(page) == addresses:
            return
        page.wait_for_timeout(100)
    assert kept(page) == addresses


def test_a_technology_is_read_again_without_a_connection(visit, watch):
    listing, other = ListingFactory(title_en="Hydrogen store"), ListingFactory(title_en="Never opened")
    address = reverse("tech_listings:detail", args=[listing.reference])
    page = visit(app=True)
    assert page.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then((got) => got.status)") == 200
    assert page.evaluate(ACTIVE) in {"activating", "activated"}
    page.wait_for_function(CONTROLLED)
    page.goto(address)
    page.wait_for_function(
        "() => caches.open('ieum-read-1').then((read) => read.keys()).then((keys) => keys.length === 1)"
    )
    assert kept(page) == [address]

    before = len(watch.complaints)
    page.context.set_offline(True)
    page.goto(address)
    assert "Hydrogen store" in page.locator("h1").inner_text()
    page.goto(reverse("tech_listings:detail", args=[other.reference]))
    assert page.locator("h1").inner_text() == "No connection"
    page.get_by_role("link", name="Hydrogen store").click()  # what is kept is listed, to be opened
    page.wait_for_url(f"**{address}")
    assert "Hydrogen store" in page.locator("h1").inner_text()
    del watch.complaints[before:]  # that there was no connection
    page.context.set_offline(False)


def test_a_technology_that_is_not_published_any_more_is_not_kept_as_it_was(visit, watch):
    listing = ListingFactory(title_en="Hydrogen store")
    address = reverse("tech_listings:detail", args=[listing.reference])
    page = visit(app=True)
    page.evaluate(ACTIVE)
    page.wait_for_function(CONTROLLED)
    page.goto(address)
    until_kept(page, [address])
    now = timezone.now()
    over = {"closed_at": now, "outcome": Outcome.NON_EXCLUSIVE, "outcome_on": timezone.localdate(now)}
    Listing.objects.filter(pk=listing.pk).update(state=ListingState.CLOSED, **over)
    assert page.goto(address).status == 200
    until_kept(page, [])
    before = len(watch.complaints)
    page.context.set_offline(True)
    page.goto(address)
    assert page.locator("h1").inner_text() == "No connection"
    del watch.complaints[before:]  # that there was no connection
    page.context.set_offline(False)


FILLED = """async () => {
  const name = (await caches.keys()).find((each) => each.startsWith("ieum-frame-"));
  const frame = await caches.open(name);
  for (let serial = 0; serial < 121; serial++) await frame.put(`/static/read/${serial}.css`, new Response(""));
}"""
FIRST_IS_GONE = """async () => {
  const name = (await caches.keys()).find((each) => each.startsWith("ieum-frame-"));
  return !(await (await caches.open(name)).match("/static/read/0.css"));
}"""


def test_much_reading_does_not_throw_the_page_without_network_out(visit, watch):
    page = visit(app=True)
    page.evaluate(ACTIVE)
    page.wait_for_function(CONTROLLED)
    page.evaluate(FILLED)
    page.goto("/search/")
    page.wait_for_function(FIRST_IS_GONE)
    before = len(watch.complaints)
    page.context.set_offline(True)
    page.goto("/help/")
    assert page.locator("h1").inner_text() == "No connection"
    del watch.complaints[before:]  # that there was no connection
    page.context.set_offline(False)


def test_nothing_of_people_who_are_signed_in_is_kept(visit):
    listing = ListingFactory()
    page = visit(MembershipFactory().user, app=True)
    page.evaluate(ACTIVE)
    page.wait_for_function(CONTROLLED)
    for path in ("/", reverse("tech_listings:detail", args=[listing.reference]), "/inbox/"):
        page.goto(path)
    assert kept(page) == []


def test_the_front_door_is_read_and_searched_without_javascript(visit):
    listing = ListingFactory(title_en="Hydrogen store", title_ko="수소 저장")
    page = visit(javascript=False)
    page.get_by_role("link", name="Search everything").first.click()
    page.locator("main textarea[name=q]").fill("Hydrogen")
    page.get_by_role("button", name="Search").first.click()
    page.get_by_role("link", name="Hydrogen store").first.click()
    assert listing.number in page.locator("main").inner_text()
    for path in ("/statistics/", "/help/", "/help/firm/"):
        page.goto(path)
        assert page.locator("h1").count() == 1
