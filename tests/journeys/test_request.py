"""A firm asks for a technology, the institute answers, the firm reads the answer."""

from django.utils import timezone

from deals.models import TransferRequest
from tech_listings.enums import DealKind
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import ListingFactory


def test_asked_and_answered(visit):
    firm = MembershipFactory(company=True, organization__name_en="Hanbit Precision", user__name="Sora Firm")
    office = MembershipFactory(institute=True, organization__name_en="Gaon University", user__name="Minho Office")
    kinds = [DealKind.NON_EXCLUSIVE_LICENCE.value, DealKind.ASSIGNMENT.value]
    offered = {"deal_kinds": kinds, "confirmed_on": timezone.localdate()}
    ListingFactory(holder=office.organization, title_en="Hydrogen tank liner", **offered)

    buyer = visit(firm.user, "/technologies/?q=hydrogen")
    buyer.get_by_role("link", name="Hydrogen tank liner").click()
    buyer.get_by_role("link", name="Ask for transfer").first.click()
    buyer.get_by_role("button", name="Send the request").click()
    buyer.get_by_role("alert").get_by_role("link", name="Intended use").wait_for()
    assert TransferRequest.objects.count() == 0

    buyer.get_by_label("Non-exclusive licence").check()
    buyer.get_by_label("Intended use").fill("Tanks of city buses from spring 2027")
    form = buyer.url
    buyer.get_by_role("button", name="Send the request").dblclick()
    buyer.get_by_text("The holder has your request").wait_for()
    receipt = buyer.url
    # The impatient send it once more from a second window: it is the same request.
    again = visit(firm.user, form)
    again.get_by_label("Non-exclusive licence").check()
    again.get_by_label("Intended use").fill("Tanks of city buses from spring 2027")
    again.get_by_role("button", name="Send the request").click()
    again.get_by_text("The holder has your request").wait_for()
    assert again.url == receipt
    transfer = TransferRequest.objects.get()

    seller = visit(office.user)
    waiting = seller.locator("#waiting")
    assert transfer.number in waiting.inner_text()
    seller.get_by_role("link", name="Inbox, 1 unread").click()
    assert transfer.number in seller.locator(".message").inner_text()
    seller.locator(".message").get_by_role("button", name="Open").click()
    assert "Tanks of city buses" in seller.get_by_role("main").inner_text()
    seller.get_by_role("link", name="Inbox", exact=True).wait_for()

    seller.get_by_role("radio", name="Decline").or_(seller.locator("[name=kind][value=declined]")).first.check()
    seller.get_by_role("button", name="Send the answer").click()
    seller.get_by_role("alert").get_by_role("link").first.wait_for()
    seller.locator("[name=kind][value=talk]").check()
    seller.get_by_label("Words to the requester").fill("Come and see it on Tuesday.")
    seller.get_by_role("button", name="Send the answer").click()
    seller.get_by_text("Your answer was sent.").wait_for()
    seller.goto("/")
    seller.get_by_role("heading", name="Nothing waits on you").wait_for()

    buyer.goto("/")
    buyer.locator("#waiting").get_by_role("link", name=f"Read the answer to {transfer.number}").click()
    buyer.get_by_text("Come and see it on Tuesday.").wait_for()
    timeline = buyer.locator(".timeline").inner_text()
    assert "Hanbit Precision" in timeline
    assert "Gaon University" in timeline
    assert buyer.locator(".timeline-item").count() == 3  # sent, opened, answered
