"""A firm orders on a phone; its provider delivers and claims; two officers, then the treasury, pay."""

from django.utils import timezone

from tests.factories.vouchers.money import officer
from tests.factories.vouchers.orders import paper, provider, result_file, running, staff, submitted, voucher
from vouchers.models import Claim, Order, PaymentBatch, Quotation
from vouchers.services.claims.answer import accept_claim
from vouchers.services.orders.quote import give_quotation


def narrow(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_firm_finds_chooses_and_orders_on_a_phone(visit):
    now = timezone.now()
    made, of = voucher(at=now), provider(at=now)
    firm = staff(made.holder)

    page = visit(firm, f"/vouchers/{made.public_id}/", phone=True)
    narrow(page)
    page.get_by_role("link", name="Find a provider").click()
    page.get_by_text("1 provider found").wait_for()
    narrow(page)
    page.get_by_label("Service", exact=True).select_option(label="Prototype")
    page.get_by_role("button", name="Keep this search and ask for quotations").click()
    page.get_by_label(of.display_name).check()
    page.get_by_label("What is to be done").fill("A first prototype")
    page.get_by_label("Answer by").fill(timezone.localdate(now).isoformat())
    page.get_by_role("button", name="Ask them").click()
    page.get_by_text("They were asked.").wait_for()
    narrow(page)

    give_quotation(
        quotation=Quotation.objects.get(), supply_won=8_000_000, vat_won=800_000, days=30, text="With drawings",
        by=staff(of), at=now,
    )  # fmt: skip
    page.goto(f"/vouchers/{made.public_id}/")
    page.get_by_role("link", name="Look at 1 quotation: Prototype").click()
    page.locator("summary", has_text=f"Order from {of.display_name}").click()
    page.get_by_label("Why this one").fill("Knows the field")
    page.get_by_role("button", name="Place the order").click()
    page.get_by_text("The order was placed.").wait_for()
    narrow(page)
    order = Order.objects.get()
    assert (order.state, order.government_won, order.choice.why) == ("placed", 6_000_000, "Knows the field")


def test_provider_delivers_and_claims(visit, tmp_path, settings):
    settings.PRIVATE_ROOT = tmp_path / "private"
    now = timezone.now()
    order = running(at=now)
    work = tmp_path / "work.pdf"
    work.write_bytes(paper().getvalue())

    page = visit(staff(order.provider), f"/voucher-orders/{order.public_id}/")
    page.get_by_role("link", name="Claim payment").click()
    page.get_by_label("What was delivered").fill("Prototype and report")
    page.get_by_label("Number of the tax invoice").fill("20261120-1234")
    page.get_by_label("Day of the tax invoice").fill(timezone.localdate(now).isoformat())
    page.get_by_role("button", name="Save and add documents").click()
    for name in ("What was delivered", "Report"):
        page.get_by_label("What it is").select_option(label=name)
        page.get_by_label("File", exact=True).set_input_files(work)
        page.get_by_role("button", name="Add the file").click()
        page.get_by_text("The file was added.").wait_for()
    page.get_by_role("button", name="Hand it in").click()
    page.get_by_text("Handed in. The firm has to answer.").wait_for()
    assert Claim.objects.get().state == "submitted"


def test_two_officers_pay_and_the_provider_sees_it(visit, tmp_path, settings):
    settings.PRIVATE_ROOT = tmp_path / "private"
    now = timezone.now()
    claim = submitted(at=now)
    accept_claim(claim=claim, by=staff(claim.order.voucher.holder), at=now)
    office = claim.order.voucher.line.call.office

    first = visit(officer(office), f"/claims/{claim.public_id}/")
    first.get_by_role("button", name="It is in order").click()
    first.get_by_text("You checked this claim").wait_for()
    second = visit(officer(office), f"/claims/{claim.public_id}/")
    second.get_by_role("button", name="Approve payment").click()
    second.get_by_text("It can be put into a payment file.").wait_for()
    second.goto("/payment-files/")
    second.get_by_role("button", name="Prepare a file").click()
    second.get_by_text("A second officer has to send it.").wait_for()

    batch = PaymentBatch.objects.get()
    first.goto(f"/payment-files/{batch.public_id}/")
    first.locator("#send > summary").click()
    first.get_by_role("button", name="The treasury has it").click()
    first.get_by_text("The file is with the treasury.").wait_for()
    results = tmp_path / "results.csv"
    results.write_bytes(result_file(batch, at=now))
    first.get_by_label("Result file of the treasury").set_input_files(results)
    first.get_by_role("button", name="Read the results").click()
    first.get_by_text("The results were read.").wait_for()

    by_provider = visit(staff(claim.order.provider), "/provider-statement/")
    row = by_provider.get_by_role("row", name=claim.number)
    assert "8,000,000" in row.inner_text()
    assert "Paid" in row.inner_text()
