"""An SME on a phone: from the call to the receipt, saved in between and taken up again."""

from django.utils import timezone

from programmes.models import Application
from tests.factories.programmes.applications import TEXTS, firm, open_call, paper


def test_from_the_call_to_the_receipt(visit, tmp_path, settings):
    settings.PRIVATE_ROOT = tmp_path / "private"
    now = timezone.now()
    open_call(at=now)
    person = firm(at=now)
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(paper().getvalue())

    page = visit(person, "/applications/", phone=True)
    page.get_by_role("link", name="Commercialization voucher").click()
    page.get_by_text("Nothing that is known stands against it").wait_for()
    page.get_by_role("button", name="Begin the application").click()
    page.get_by_role("link", name="Services and money").click()
    page.get_by_label("Service", exact=True).first.select_option(label="Prototype")
    page.get_by_label("Price in won, without VAT").first.fill("20,000,000")
    page.get_by_label("What for").first.fill("Ten samples")
    page.get_by_text("KRW 18,000,000").first.wait_for()  # computed while typing, by the server
    assert Application.objects.get().plan == {}
    page.get_by_role("button", name="Save and back to the tasks").click()
    page.get_by_text("Saved. You can go on at any time.").wait_for()

    # Another day, without JavaScript.
    page = visit(person, "/applications/", phone=True, javascript=False)
    page.get_by_role("table").get_by_role("link", name="Commercialization voucher").click()
    page.get_by_role("link", name="Plan", exact=True).click()
    for name, text in zip(("What do you make", "Who will buy", "What is done"), TEXTS.values(), strict=True):
        page.get_by_label(name).fill(text)
    page.get_by_role("button", name="Save and back to the tasks").click()
    page.get_by_role("link", name="Papers").click()
    page.get_by_label("File").first.set_input_files(plan)
    page.get_by_role("button", name="Send “Business plan”").click()
    page.get_by_text("Saved, with the file “plan.pdf”.").wait_for()
    page.get_by_role("link", name="Back to the tasks").click()
    page.get_by_role("link", name="Declarations").click()
    page.get_by_label("We owe no taxes.").check()
    page.get_by_role("button", name="Save and back to the tasks").click()
    page.get_by_role("link", name="Look at it and submit").click()
    page.get_by_label("I declare that everything here is true and complete.").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Submit").click()
    found = Application.objects.get()
    page.get_by_text(f"Submitted. Your receipt number is {found.number}.").wait_for()
    page.get_by_text(found.digest).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert (found.state, found.government_won, found.own_won) == ("submitted", 18_000_000, 2_000_000)
