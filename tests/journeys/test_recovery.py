"""Money of a voucher is asked back, the firm objects, a second officer confirms, and it is paid back."""

from django.utils import timezone

from tests.factories.vouchers.money import MILLION, call_row, officer
from tests.factories.vouchers.recovery import manager, paid_voucher
from vouchers.models import Recovery


def test_recovery_from_announcement_to_paid_back(visit):
    now = timezone.now()
    voucher = paid_voucher(20 * MILLION, call=call_row(at=now), at=now)
    office = voucher.line.call.office
    today = timezone.localdate(now).isoformat()

    first = visit(officer(office), f"/vouchers/{voucher.public_id}/recover/")
    first.get_by_label("False application or claim").check()
    first.get_by_label("To be paid back (won)").fill("5,000,000")
    first.get_by_label("Interest from").fill(today)
    first.get_by_label("Reason, which the debtor reads").fill("The report was copied.")
    first.get_by_role("button", name="Announce").click()
    first.get_by_text("Waits for a second officer").wait_for()
    recovery = Recovery.objects.get()

    firm = visit(manager(voucher.holder), "/")
    firm.get_by_role("link", name=f"Read what is asked back ({recovery.number})").click()
    firm.get_by_label("Why you do not owe it").fill("We wrote it ourselves.")
    firm.get_by_role("button", name="Object").click()
    firm.get_by_text("The office was told.").wait_for()

    second = visit(officer(office), "/vouchers/desk/")
    second.get_by_role("link", name="Decide on a recovery").click()
    second.get_by_label("Confirm", exact=True).check()
    second.get_by_label("Reason, which the debtor reads").fill("The copy was found.")
    second.get_by_role("button", name="Decide").click()
    second.get_by_text("It was decided.").wait_for()
    second.locator("summary", has_text="Enter a receipt").click()
    second.get_by_label("Amount in won").fill("5,000,000")
    second.get_by_label("Reference of the bank").fill("BANK-1")
    second.get_by_role("button", name="Enter", exact=True).click()
    second.get_by_text("The receipt was entered.").wait_for()

    firm.goto(f"/vouchers/recoveries/{recovery.public_id}/")
    firm.get_by_role("heading", name=f"Recovery {recovery.number}").wait_for()
    assert "Paid back" in firm.get_by_role("main").inner_text()
    recovery.refresh_from_db()
    assert (recovery.state, recovery.recovered_won) == ("paid_back", 5 * MILLION)
