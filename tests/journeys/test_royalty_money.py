"""The firm reports its sales on a phone, the holder accepts them, asks for the royalty, finds it in the bank's file and
shares it out; the inventor reads and keeps the own statement.
"""

import csv
import datetime
from pathlib import Path

from django.utils import timezone

from tests.factories.accounts import UserFactory
from tests.factories.deals.contracts import member
from tests.factories.royalties.calendar import RUNNING, contract, due
from tests.factories.royalties.income import rules

EMAIL = "haneul@example.org"


def test_sales_statement_to_the_statement_of_an_inventor(visit, watch):
    watch.expects(422)
    rules()
    now, year = timezone.now(), timezone.localdate().year - 1
    made = contract(RUNNING, at=now, signed_on=datetime.date(year - 1, 4, 1))
    inventor = UserFactory(email=EMAIL, name="Kim Haneul")
    payer, office = member(made.firm), member(made.holder)

    firm = visit(payer, "/royalties/", phone=True)
    report(firm, made, year)
    assert made.statements.count() == 1

    seller = visit(office, "/royalties/")
    accept(seller, made, year)
    line = due(made, f"running:{year}")
    assert line.amount_won == 3_000_000
    ask_for(seller, line)
    number = line.invoices.get().number

    firm.goto("/inbox/")
    firm.locator(".message", has_text=number).get_by_role("button", name="Open").click()
    firm.get_by_role("heading", name=f"Invoice {number}").wait_for()
    assert "3,300,000" in firm.get_by_role("main").inner_text()
    assert firm.get_by_role("button", name="Cancel the invoice").count() == 0

    book(seller, made, number, 3_300_000)
    write_plan(seller)
    share_out(seller, "1,080,000")  # 60 % of the 1.8 M that researchers get of 3 M

    reader = visit(inventor, "/inbox/")
    reader.locator(".message", has_text="Royalty was shared out").get_by_role("button", name="Open").click()
    reader.get_by_role("heading", name="My share of royalty").wait_for()
    mine = reader.get_by_role("main").inner_text()
    with reader.expect_download() as downloading:
        reader.get_by_role("link", name="Export CSV").click()
    kept = Path(downloading.value.path()).read_text(encoding="utf-8-sig")
    assert "1,080,000" in mine
    assert [row for row in csv.reader(kept.splitlines()) if "1080000" in row]
    for told in (mine, kept):
        assert "Lee Bada" not in told
        assert "720,000" not in told.replace("720000", "720,000")


def report(firm, made, year):
    """With a slip, on a phone, and a double click."""
    firm.locator("#waiting").get_by_role("link", name=f"Sales statement {year}, contract {made.number}").click()
    firm.get_by_label("Sales in won").fill("123.6")
    firm.get_by_role("button", name="Send the statement").click()
    firm.get_by_text("Write whole won in figures, like 12,000,000.").first.wait_for()
    firm.get_by_label("Sales in won").fill("120,000,000")
    firm.get_by_label("Deductions in won").fill("20,000,000")
    assert firm.evaluate("document.documentElement.scrollWidth") <= 390
    firm.get_by_role("button", name="Send the statement").dblclick()
    firm.get_by_text(f"The sales of {year} are reported.").wait_for()


def accept(seller, made, year):
    seller.locator("#waiting").get_by_role("link", name=f"Check the sales of {year}").click()
    seller.get_by_label("Words to the firm").fill("Compared with the tax invoices")
    seller.get_by_role("button", name="Accept the figures").click()
    seller.get_by_text("The statement was accepted.").wait_for()
    seller.get_by_role("link", name=made.number).click()
    seller.get_by_role("row", name=f"Running royalty {year}").get_by_text("3,000,000").wait_for()


def ask_for(seller, line):
    seller.goto("/royalties/to-ask-for/")
    row = seller.get_by_role("row", name=f"Running royalty {line.year}")
    row.get_by_role("link", name="Ask for it").click()
    seller.get_by_role("button", name="Ask the firm to pay").click()
    seller.get_by_text("The firm was asked to pay.").wait_for()


def book(seller, made, number, total_won):
    seller.goto("/royalties/bank-files/")
    text = f"거래일,의뢰인,적요,입금액\n{timezone.localdate()},{made.firm.name},{number},{total_won}\n"
    document = {"name": "statement.csv", "mimeType": "text/csv", "buffer": text.encode("cp949")}
    seller.get_by_label("Statement of the account").set_input_files(document)
    seller.get_by_role("button", name="Read the file").click()
    seller.get_by_text("Goes to the invoice").wait_for()
    seller.get_by_role("button", name="Book it").click()
    seller.get_by_text("1 receipt was booked, 1 of them put to an invoice.").wait_for()


def write_plan(seller):
    seller.goto("/royalties/sharing/")
    seller.get_by_role("link", name="Share out").click()
    seller.get_by_text("First write down how royalty of this contract is shared out.").wait_for()
    seller.get_by_role("link", name="Write the plan").click()
    seller.get_by_label("Government money of the research (won)").fill("80,000,000")
    seller.get_by_label("All money of the research (won)").fill("100,000,000")
    for pot, share in (("researchers", "60"), ("contributors", "10"), ("transfer", "15"), ("rest", "15")):
        seller.locator(f"[name={pot}_bp]").fill(share)  # above the floors of every year's law
    for place, (name, email, share) in enumerate((("Kim Haneul", EMAIL, "60"), ("Lee Bada", "bada@example.org", "40"))):
        seller.locator(f"[name=researchers-{place}-name]").fill(name)
        seller.locator(f"[name=researchers-{place}-email]").fill(email)
        seller.locator(f"[name=researchers-{place}-share]").fill(share)
    seller.get_by_role("button", name="Save the plan").click()


def share_out(seller, part):
    seller.get_by_role("link", name="Share out").click()
    assert part in seller.get_by_role("main").inner_text()
    seller.get_by_role("button", name="Share it out").click()
    seller.get_by_text("The royalty was shared out").wait_for()
