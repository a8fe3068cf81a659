"""An institute confirms many at once and closes one; a reader sees what is unconfirmed and from when exclusive."""

import datetime

from django.utils import timezone

from tech_listings.enums import DealKind, ListingState
from tech_listings.models import Listing
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import ListingFactory


def test_an_institute_confirms_a_batch_and_readers_see_it(visit):
    staff, today = MembershipFactory(institute=True), timezone.localdate()
    old = today - datetime.timedelta(days=220)
    kinds = [DealKind.EXCLUSIVE_LICENCE.value, DealKind.NON_EXCLUSIVE_LICENCE.value]
    listings = [
        ListingFactory(
            holder=staff.organization, title_ko=f"수소 저장 탱크 {number}", title_en="", confirmed_on=old,
            deal_kinds=kinds,
            registered_at=timezone.now() - datetime.timedelta(days=30),
        )
        for number in range(4)
    ]  # fmt: skip
    gone = listings[3]

    reader = visit(None, f"/technologies/{listings[0].number}/")
    assert reader.get_by_text("Unconfirmed", exact=True).count() >= 1
    reader.get_by_text("An exclusive licence or assignment is possible from").wait_for()

    page = visit(staff.user, "/")
    page.get_by_role("link", name="Confirm that 4 technologies are still available").click()
    page.get_by_role("button", name="Confirm the ticked ones").click()
    page.get_by_text("Tick at least one technology.").wait_for()
    page.get_by_role("row", name="수소 저장 탱크 3").get_by_role("link", name="No longer available").click()
    page.get_by_label("Licensed non-exclusively").check()
    page.get_by_label("In a sentence").fill("To a firm, five years")
    page.get_by_role("button", name="Close the technology").click()
    page.get_by_text("Closed. Its page says how the offer ended.").wait_for()

    page.goto("/my/listings/confirm/")
    page.get_by_label("Tick all on this page").check()
    page.get_by_label("Tick 수소 저장 탱크 2").uncheck()
    page.get_by_role("button", name="Confirm the ticked ones").click()
    page.get_by_text("Confirmed: 2 technologies.").wait_for()
    page.goto("/my/listings/confirm/?show=all")
    page.locator("summary", has_text="Confirm all of them").click()
    page.get_by_role("button", name="Confirm all", exact=True).click()
    page.get_by_text("Confirmed: 3 technologies.").wait_for()
    assert set(Listing.objects.filter(confirmed_on=today)) == set(listings[:3])
    assert Listing.objects.get(pk=gone.pk).state == ListingState.CLOSED

    reader.reload()
    assert reader.get_by_text("Unconfirmed", exact=True).count() == 0
    reader.goto(f"/technologies/{gone.number}/")
    reader.get_by_text("Not offered any more. Licensed non-exclusively on").wait_for()
    assert reader.get_by_text("To a firm, five years").count() == 0
