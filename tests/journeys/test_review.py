"""An officer goes through a queue with the keyboard: opens, registers, returns, and registers many together."""

import pytest
from django.utils import timezone

from tech_listings.enums import ListingState
from tech_listings.models import Listing, Submission
from tech_listings.services.submission import content_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.tech_listings import ListingFactory, an_officer

MANY = 200


@pytest.fixture
def queue():
    """Two hundred technologies of one institute that wait for an officer, made at once."""
    holder, by, at = OrganizationFactory(institute=True), UserFactory(), timezone.now()
    pattern = ListingFactory.build(holder=holder, state=ListingState.IN_REVIEW, number=None, registered_at=None)
    values = {
        name: getattr(pattern, name)
        for name in ("summary_ko", "field_of_use", "conditions_of_use", "deal_kinds", "holder", "state")
    }
    listings = Listing.objects.bulk_create(
        [Listing(title_ko=f"기술 {n:03}", title_en=f"Technology {n:03}", **values) for n in range(MANY)]
    )
    Submission.objects.bulk_create(
        [
            Submission(
                listing=listing, serial=1, content=content_of(listing), submitted_at=at, submitted_by=by, checked_at=at
            )
            for listing in listings
        ]
    )
    return holder


def state_of(n):
    return Listing.objects.get(title_ko=f"기술 {n:03}").state


def test_the_keyboard_goes_through_a_queue_of_two_hundred(visit, queue):
    MembershipFactory(organization=queue)
    page = visit(an_officer(), "/review/")
    assert page.locator(".results-count").inner_text() == "200 technologies"
    page.keyboard.press("?")
    page.get_by_text("Next row").wait_for()
    page.keyboard.press("?")

    for _ in range(2):
        page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Technology 001"
    page.keyboard.press("k")
    page.keyboard.press("o")
    page.get_by_role("heading", name="Technology 000").wait_for()
    page.keyboard.press("a")
    page.get_by_role("heading", name="Technology 001").wait_for()
    page.get_by_text("This is the next one.").wait_for()
    assert state_of(0) == ListingState.PUBLISHED
    page.keyboard.press("j")
    page.get_by_role("heading", name="Technology 002").wait_for()
    page.keyboard.press("k")
    page.get_by_role("heading", name="Technology 001").wait_for()

    page.locator(".review-field", has_text="Conditions of use").get_by_text("Mark", exact=False).first.click()
    page.locator("#note-conditions_of_use").fill("Say the conditions")
    page.locator("body").click(position={"x": 2, "y": 2})
    page.keyboard.press("r")
    page.get_by_label("Note on all of it").fill("a j k are letters here")
    page.get_by_role("button", name="Return it").click()
    page.get_by_role("heading", name="Technology 002").wait_for()
    assert state_of(1) == ListingState.RETURNED

    page.goto("/review/")
    for _ in range(3):
        page.keyboard.press("j")
        page.keyboard.press("x")
    page.keyboard.press("a")
    page.get_by_role("heading", name="3 technologies become public").wait_for()
    page.get_by_role("button", name="Register them all").click()
    page.get_by_text("3 technologies were registered").wait_for()
    assert [state_of(n) for n in (2, 3, 4, 5)] == [ListingState.PUBLISHED] * 3 + [ListingState.IN_REVIEW]

    page.goto("/review/")
    page.keyboard.press("?")
    page.get_by_role("button", name="Use these shortcuts").click()
    page.locator("body").click(position={"x": 2, "y": 2})
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") != "A"


def test_without_javascript_it_is_forms(visit, queue):
    page = visit(an_officer(), "/review/", javascript=False)
    page.get_by_label("Select Technology 007").check()
    page.get_by_role("button", name="Register the selected…").click()
    page.get_by_role("button", name="Register them all").click()
    page.get_by_text("1 technology was registered").wait_for()
    page.get_by_role("link", name="Back to the queue").click()
    page.get_by_role("link", name="Technology 008").click()
    page.get_by_role("button", name="Register", exact=True).click()
    page.get_by_role("heading", name="Technology 009").wait_for()
    assert [state_of(n) for n in (7, 8)] == [ListingState.PUBLISHED] * 2
