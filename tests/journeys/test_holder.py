"""A technology written by hand: draft, error, right, sent and registered, two tabs, withdraw."""

from django.utils import timezone

from tech_listings.enums import ListingState
from tech_listings.models import Listing
from tech_listings.services.check import check_due
from tech_listings.services.review import approve
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import an_officer


def test_from_draft_to_withdrawal(visit, watch):
    watch.expects(409, 422)
    staff = MembershipFactory(institute=True)
    page = visit(staff.user, "/my/listings/")
    page.get_by_role("main").get_by_role("link", name="New technology").first.click()
    page.get_by_role("button", name="Save", exact=True).click()
    summary = page.get_by_role("alert")
    summary.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.name") == "title_ko"

    page.get_by_label("Title", exact=False).first.fill("수소 저장 탱크")
    page.locator("[name=title_en]").fill("Hydrogen tank")
    page.get_by_role("button", name="Add a right").click()
    page.locator("[name=rights-0-title]").fill("Tank for hydrogen")
    page.locator("[name=rights-0-application_number]").fill("nonsense")
    assert page.locator("[name=title_ko]").input_value() == "수소 저장 탱크"
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("is not a Korean number of this kind").first.wait_for()
    page.locator("[name=rights-0-application_number]").fill("10-2023-0123456")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Only your organization sees this draft.").wait_for()

    page.get_by_role("main").get_by_role("button", name="Send for registration").click()
    page.get_by_role("heading", name="Edit a technology").wait_for()
    assert Listing.objects.get().state == ListingState.DRAFT
    page.locator("[name=summary_ko]").fill("압력 700기압에서 수소를 담는다.")
    page.locator("[name=field_of_use]").fill("수소 버스")
    page.locator("[name=conditions_of_use]").fill("협의")
    page.locator("[name=deal_kinds]").first.check()
    page.get_by_role("button", name="Save and send for registration").click()
    page.get_by_text("Sent for registration. An officer looks at it").wait_for()
    page.get_by_role("main").get_by_role("button", name="Take back").click()
    page.get_by_text("Only your organization sees this draft.").wait_for()
    page.get_by_role("main").get_by_role("button", name="Send for registration").click()
    page.get_by_role("main").get_by_role("button", name="Take back").wait_for()
    check_due(at=timezone.now())
    waiting = Listing.objects.get()
    listing = approve(listing=waiting, seen_revision=waiting.revision, by=an_officer(), at=timezone.now())
    assert listing.state == ListingState.PUBLISHED
    assert listing.rights.get().application_number == "1020230123456"

    # Two tabs: the second one does not write over the first without being told.
    second = page.context.new_page()
    for tab in (page, second):
        tab.goto(f"/my/listings/{listing.number}/edit/")
    page.locator("[name=title_en]").fill("Hydrogen tank, first tab")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.").wait_for()
    second.locator("[name=title_en]").fill("Hydrogen tank, second tab")
    second.get_by_role("button", name="Save", exact=True).click()
    second.get_by_text("Somebody saved this technology after you opened it").wait_for()
    table = second.locator("table.data").inner_text()
    assert "first tab" in table
    assert "second tab" in table
    assert Listing.objects.get().title_en == "Hydrogen tank, first tab"
    second.get_by_role("button", name="Save", exact=True).click()
    second.get_by_text("Saved.").wait_for()
    assert Listing.objects.get().title_en == "Hydrogen tank, second tab"

    second.get_by_role("main").get_by_role("link", name="Withdraw").click()
    second.get_by_label("Reason for withdrawal").fill("Licensed to a firm")
    second.get_by_role("main").get_by_role("button", name="Withdraw").click()
    second.get_by_text("Withdrawn: Licensed to a firm").wait_for()
    assert visit(None, "/technologies/").locator(".results-count").inner_text() == "0 technologies"


def test_a_double_click_makes_one_draft(visit):
    staff = MembershipFactory(institute=True)
    page = visit(staff.user, "/my/listings/new/")
    page.locator("[name=title_ko]").fill("수소 저장 탱크")
    page.get_by_role("button", name="Save", exact=True).dblclick()
    page.get_by_text("Only your organization sees this draft.").wait_for()
    assert Listing.objects.count() == 1
