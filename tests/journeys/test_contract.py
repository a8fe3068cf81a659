"""Agreed terms become a contract: written, approved by both, printed, signed, in force."""

from io import BytesIO

from django.utils import timezone
from pypdf import PdfReader

from deals.models import Contract
from tests.factories.brokers.mandates import manager_of
from tests.factories.deals.agreements import agreed


def test_agreed_approved_printed_and_signed(visit, watch):
    watch.expects(422)
    negotiation = agreed(at=timezone.now())
    seller = visit(manager_of(negotiation.holder), f"/negotiations/{negotiation.public_id}/")
    seller.get_by_role("link", name="Write the contract").click()
    seller.get_by_label("Territory").fill("")
    seller.get_by_role("button", name="Write the contract").click()
    seller.get_by_role("alert").get_by_role("link", name="Territory").wait_for()
    seller.get_by_label("Territory").fill("Republic of Korea")
    seller.get_by_label("Special terms").fill("Sales begin in May.")
    seller.get_by_role("button", name="Write the contract").dblclick()
    seller.get_by_text("The contract is written.").wait_for()
    contract = Contract.objects.get()
    seller.locator("#approve summary").click()
    seller.get_by_role("button", name="Approve", exact=True).click()
    seller.get_by_text("You approved the document.").wait_for()

    buyer = visit(manager_of(negotiation.firm), "/", phone=True)
    buyer.get_by_role("link", name=f"Approve contract {contract.number}").first.click()
    buyer.get_by_role("link", name="Read the document").click()
    buyer.get_by_text("Sales begin in May.").wait_for()
    assert buyer.evaluate("document.documentElement.scrollWidth") <= 390
    buyer.go_back()
    buyer.locator("#approve summary").click()
    buyer.get_by_role("button", name="Approve", exact=True).click()
    buyer.get_by_text("You approved the document.").wait_for()

    seller.reload()
    with seller.expect_download() as downloading:
        seller.get_by_role("link", name="PDF in English").click()
    pdf = downloading.value.path().read_bytes()
    version = contract.versions.get()
    assert version.document_hash in PdfReader(BytesIO(pdf)).pages[0].extract_text()

    seller.get_by_role("link", name="Send the signed copy").click()
    seller.get_by_label("Signed contract").set_input_files(
        {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    seller.get_by_role("button", name="Send and put in force").click()
    seller.get_by_role("alert").get_by_text("then confirm it here").wait_for()
    assert version.document_hash in seller.locator("#binds").inner_text()
    seller.get_by_label("The signed copy is of this document").check()
    seller.get_by_label("Signed contract").set_input_files(
        {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    seller.get_by_role("button", name="Send and put in force").dblclick()
    seller.get_by_text("The contract is in force.").wait_for()
    with seller.expect_download() as downloading:
        seller.get_by_role("link", name="Signed copy").click()
    assert downloading.value.path().read_bytes() == pdf
    buyer.goto(f"/negotiations/{negotiation.public_id}/")
    buyer.get_by_role("link", name=contract.number).first.wait_for()
    contract.refresh_from_db()
    assert contract.state == "in_force"
