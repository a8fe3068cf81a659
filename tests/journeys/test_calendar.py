"""The firm reports its sales on a phone, the holder accepts them, and the royalty is due."""

import datetime

from django.utils import timezone

from royalties.models import Due
from tests.factories.deals.contracts import member
from tests.factories.royalties.calendar import RUNNING, contract


def test_reported_accepted_and_due(visit, watch):
    watch.expects(422)
    now, year = timezone.now(), timezone.localdate().year - 1
    made = contract(RUNNING, at=now, signed_on=datetime.date(year - 1, 4, 1))

    firm = visit(member(made.firm), "/royalties/", phone=True)
    firm.locator("#waiting").get_by_role("link", name=f"Sales statement {year}, contract {made.number}").click()
    firm.get_by_label("Sales in won").fill("123.6")
    firm.get_by_role("button", name="Send the statement").click()
    firm.get_by_text("Write whole won in figures, like 12,000,000.").first.wait_for()
    firm.get_by_label("Sales in won").fill("120,000,000")
    firm.get_by_label("Deductions in won").fill("20,000,000")
    assert firm.evaluate("document.documentElement.scrollWidth") <= 390
    firm.get_by_role("button", name="Send the statement").dblclick()
    firm.get_by_text(f"The sales of {year} are reported.").wait_for()
    assert made.statements.count() == 1

    holder = visit(member(made.holder), "/royalties/")
    holder.locator("#waiting").get_by_role("link", name=f"Check the sales of {year}").click()
    holder.get_by_label("Words to the firm").fill("Compared with the tax invoices")
    holder.get_by_role("button", name="Accept the figures").click()
    holder.get_by_text("The statement was accepted.").wait_for()
    holder.get_by_role("link", name=made.number).click()
    holder.get_by_role("row", name=f"Running royalty {year}").get_by_text("3,000,000").wait_for()
    assert Due.objects.get(contract=made, key=f"running:{year}").amount_won == 3_000_000
