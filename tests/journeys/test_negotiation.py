"""Answered request to a contract in force: the institute offers, the firm counters on a phone, the institute accepts
and writes the contract, both approve it, it is printed and signed.
"""

from io import BytesIO

from django.utils import timezone
from pypdf import PdfReader

from deals.models import Contract, Negotiation
from tech_listings.enums import DealKind
from tests.factories.accounts import MembershipFactory
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.tech_listings import ListingFactory


def test_offered_countered_accepted_and_signed(visit, watch):
    watch.expects(422)
    firm = MembershipFactory(company=True, manager=True, organization__name_en="Hanbit Precision")
    office = MembershipFactory(institute=True, manager=True, organization__name_en="Gaon University")
    listing = ListingFactory(
        holder=office.organization, title_en="Hydrogen tank liner", deal_kinds=[DealKind.NON_EXCLUSIVE_LICENCE.value],
        price_won=30_000_000, confirmed_on=timezone.localdate(),
    )  # fmt: skip
    request = TransferRequestFactory(
        talk=True, listing=listing, requester=firm.organization, requested_by=firm.user, answered_by=office.user
    )

    seller = visit(office.user, f"/requests/{request.public_id}/")
    begin_and_offer(seller)
    negotiation = Negotiation.objects.get()
    assert negotiation.offers.count() == 1
    buyer = visit(firm.user, phone=True)
    counter(buyer, negotiation)
    answer_and_accept(seller, negotiation)
    buyer.goto(f"/negotiations/{negotiation.public_id}/")
    buyer.get_by_text("It is tight up to 700 bar.").first.wait_for()
    buyer.get_by_text("The terms are agreed").first.wait_for()
    negotiation.refresh_from_db()
    assert negotiation.state == "agreed"

    write_and_approve(seller)
    contract = Contract.objects.get()
    read_and_approve(buyer, contract)
    seller.reload()
    pdf = printed(seller)
    document_hash = contract.versions.get().document_hash
    assert document_hash in PdfReader(BytesIO(pdf)).pages[0].extract_text()
    sign(seller, pdf, document_hash)
    buyer.goto(f"/negotiations/{negotiation.public_id}/")
    buyer.get_by_role("link", name=contract.number).first.wait_for()
    contract.refresh_from_db()
    assert contract.state == "in_force"


def begin_and_offer(seller):
    seller.get_by_role("link", name="Begin a negotiation").click()
    seller.get_by_label("First words").fill("Thank you for your interest.")
    seller.get_by_role("button", name="Begin the negotiation").dblclick()
    seller.get_by_text("The negotiation has begun.").wait_for()
    seller.get_by_role("link", name="Make an offer").click()
    seller.get_by_role("group", name="Way to pay 2").get_by_label("Share of net sales in percent").fill("")
    seller.get_by_role("button", name="Send the offer").click()
    seller.get_by_role("alert").first.wait_for()
    seller.get_by_role("group", name="Way to pay 2").get_by_label("Share of net sales in percent").fill("3")
    seller.get_by_label("Territory").fill("Korea")
    seller.get_by_role("button", name="Send the offer").dblclick()
    seller.get_by_text("The offer was made.").wait_for()


def counter(buyer, negotiation):
    buyer.locator("#waiting").get_by_role("link", name=negotiation.number).click()
    buyer.get_by_label("Your words").fill("What about the gas?")
    buyer.get_by_label("A question").check()
    buyer.get_by_role("button", name="Send", exact=True).click()
    buyer.get_by_text("Your words were sent.").wait_for()
    assert buyer.evaluate("document.documentElement.scrollWidth") <= 390
    buyer.get_by_role("link", name="Make a counter-offer").first.click()
    buyer.get_by_role("button", name="Remove way 1").click()
    buyer.get_by_label("Share of net sales in percent").fill("2.5")
    assert buyer.evaluate("document.documentElement.scrollWidth") <= 390
    buyer.get_by_role("button", name="Send the counter-offer").click()
    buyer.get_by_role("heading", name="What it changes").wait_for()
    assert "2.5 % of net sales" in buyer.locator("#changes").inner_text()


def answer_and_accept(seller, negotiation):
    # The institute had the old page open: what it does there is told what has come meanwhile.
    seller.goto(f"/negotiations/{negotiation.public_id}/")
    seller.get_by_text("Answer this question").click()
    seller.get_by_label("Your answer").fill("It is tight up to 700 bar.")
    seller.get_by_role("button", name="Send the answer").click()
    seller.get_by_text("Your answer was sent.").wait_for()
    seller.locator("#offers").get_by_role("link", name="Counter-offer 2").click()
    seller.get_by_text("Accept", exact=True).click()
    seller.get_by_role("button", name="Accept this way to pay").dblclick()
    seller.get_by_text("The terms are agreed. The next step").first.wait_for()


def write_and_approve(seller):
    seller.get_by_role("link", name="Write the contract").click()
    seller.get_by_label("Territory").fill("")
    seller.get_by_role("button", name="Write the contract").click()
    seller.get_by_role("alert").get_by_role("link", name="Territory").wait_for()
    seller.get_by_label("Territory").fill("Republic of Korea")
    seller.get_by_label("Field of use").fill("Hydrogen tanks of vehicles")
    seller.get_by_label("Special terms").fill("Sales begin in May.")
    seller.get_by_role("button", name="Write the contract").dblclick()
    seller.get_by_text("The contract is written.").wait_for()
    seller.locator("#approve summary").click()
    seller.get_by_role("button", name="Approve", exact=True).click()
    seller.get_by_text("You approved the document.").wait_for()


def read_and_approve(buyer, contract):
    buyer.goto("/")
    buyer.get_by_role("link", name=f"Approve contract {contract.number}").first.click()
    buyer.get_by_role("link", name="Read the document").click()
    buyer.get_by_text("Sales begin in May.").wait_for()
    assert buyer.evaluate("document.documentElement.scrollWidth") <= 390
    buyer.go_back()
    buyer.locator("#approve summary").click()
    buyer.get_by_role("button", name="Approve", exact=True).click()
    buyer.get_by_text("You approved the document.").wait_for()


def printed(seller):
    with seller.expect_download() as downloading:
        seller.get_by_role("link", name="PDF in English").click()
    return downloading.value.path().read_bytes()


def sign(seller, pdf, document_hash):
    seller.get_by_role("link", name="Send the signed copy").click()
    seller.get_by_label("Signed contract").set_input_files(
        {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    seller.get_by_role("button", name="Send and put in force").click()
    seller.get_by_role("alert").get_by_text("then confirm it here").wait_for()
    assert document_hash in seller.locator("#binds").inner_text()
    seller.get_by_label("The signed copy is of this document").check()
    seller.get_by_label("Signed contract").set_input_files(
        {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    seller.get_by_role("button", name="Send and put in force").dblclick()
    seller.get_by_text("The contract is in force.").wait_for()
    with seller.expect_download() as downloading:
        seller.get_by_role("link", name="Signed copy").click()
    assert downloading.value.path().read_bytes() == pdf
