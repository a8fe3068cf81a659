"""A payment is asked for, comes in by a bank's file, is shared out, and an inventor reads the own statement."""

from django.utils import timezone

from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.royalties.income import MILLION, concluded, due, rules


def test_receipt_to_the_statement_of_an_inventor(visit):
    rules()
    office = MembershipFactory(institute=True, manager=True)
    inventor = UserFactory(email="haneul@example.org", name="Kim Haneul")
    contract = concluded(holder=office.organization)
    payer = MembershipFactory(organization=contract.firm).user
    line = due(contract, amount_won=30 * MILLION, due_on=timezone.localdate())

    seller = visit(office.user, "/royalties/to-ask-for/")
    seller.get_by_role("link", name="Ask for it").click()
    seller.get_by_role("button", name="Ask the firm to pay").click()
    seller.get_by_text("The firm was asked to pay.").wait_for()
    number = line.invoices.get().number

    firm = visit(payer, "/inbox/")
    firm.locator(".message", has_text=number).get_by_role("button", name="Open").click()
    firm.get_by_role("heading", name=f"Invoice {number}").wait_for()
    assert "33,000,000" in firm.get_by_role("main").inner_text()
    assert firm.get_by_role("button", name="Cancel the invoice").count() == 0

    seller.goto("/royalties/bank-files/")
    text = f"거래일,의뢰인,적요,입금액\n{timezone.localdate()},{contract.firm.name},{number},33000000\n"
    document = {"name": "statement.csv", "mimeType": "text/csv", "buffer": text.encode("cp949")}
    seller.get_by_label("Statement of the account").set_input_files(document)
    seller.get_by_role("button", name="Read the file").click()
    seller.get_by_text("Goes to the invoice").wait_for()
    seller.get_by_role("button", name="Book it").click()
    seller.get_by_text("1 receipt was booked, 1 of them put to an invoice.").wait_for()

    seller.goto("/royalties/sharing/")
    seller.get_by_role("link", name="Share out").click()
    seller.get_by_text("First write down how royalty of this contract is shared out.").wait_for()
    seller.get_by_role("link", name="Write the plan").click()
    seller.get_by_label("Government money of the research (won)").fill("80,000,000")
    seller.get_by_label("All money of the research (won)").fill("100,000,000")
    for place, (name, email, share) in enumerate(
        (("Kim Haneul", "haneul@example.org", "60"), ("Lee Bada", "bada@example.org", "40"))
    ):
        seller.locator(f"[name=researchers-{place}-name]").fill(name)
        seller.locator(f"[name=researchers-{place}-email]").fill(email)
        seller.locator(f"[name=researchers-{place}-share]").fill(share)
    seller.get_by_role("button", name="Save the plan").click()
    seller.get_by_role("link", name="Share out").click()
    main = seller.get_by_role("main").inner_text()
    assert "10,800,000" in main  # 60 % of the 18 M that researchers get of 30 M
    seller.get_by_role("button", name="Share it out").click()
    seller.get_by_text("The royalty was shared out").wait_for()

    reader = visit(inventor, "/inbox/")
    reader.locator(".message", has_text="Royalty was shared out").get_by_role("button", name="Open").click()
    reader.get_by_role("heading", name="My share of royalty").wait_for()
    mine = reader.get_by_role("main").inner_text()
    assert "10,800,000" in mine
    assert "Lee Bada" not in mine
    assert "7,200,000" not in mine
