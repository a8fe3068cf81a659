"""From what is due to registration: a draft in one click, the inventor by a link, the office sends; many at once."""

from django.core import mail
from django.urls import reverse

from obligations.models import DutyDraft
from tech_listings.models import InventorInvitation, Listing
from tests.factories.accounts import MembershipFactory
from tests.factories.obligations import ProjectFactory, ResultFactory, duty
from tests.factories.tech_listings import ListingFactory

INVENTORS = [{"name": "Gaon Kim", "email": "kim@lab.example"}]


def test_a_duty_becomes_a_draft_the_inventor_completes_it_the_office_sends_it(visit, watch):
    watch.expects(409, 410)
    office = MembershipFactory(institute=True, organization__name_en="Gaon University")
    ListingFactory(holder=office.organization, conditions_of_use="Follow-up research")
    project = ProjectFactory(lead=office.organization, title="Hydrogen society")
    owed = duty(ResultFactory(project=project, title="Hydrogen alloy", inventors=INVENTORS))

    page = visit(office.user, "/")
    page.locator("#waiting").get_by_role("link", name="1 result is overdue for listing").click()
    page.get_by_role("button", name="Make a draft Hydrogen alloy").dblclick()
    page.get_by_role("heading", name="Edit a technology").wait_for()
    assert page.locator("[name=title_en]").input_value() == "Hydrogen alloy"
    assert "Hydrogen society" in page.locator("[name=summary_en]").input_value()
    assert page.locator("[name=conditions_of_use]").input_value() == "Follow-up research"
    assert page.locator("[name=rights-0-application_number]").input_value() == owed.result.number
    page.get_by_text("Taken from the result.").first.wait_for()
    assert DutyDraft.objects.count() == 1

    page.get_by_role("link", name="Let an inventor complete a part").click()
    page.get_by_role("button", name="Invite Gaon Kim").click()
    page.get_by_text("A mail was sent to kim@lab.example.").wait_for()
    begin = reverse("tech_listings:inventor", args=["T"]).removesuffix("T/")
    line = next(line for line in mail.outbox[-1].body.splitlines() if begin in line)
    link = line[line.index(begin) :].strip()

    inventor = visit(None, link, phone=True)
    second = inventor.context.new_page()
    second.goto(link)
    inventor.locator("[name=value]").fill("Charges in 11 instead of 42 minutes")
    inventor.locator("form.form button").first.click()
    inventor.wait_for_load_state()
    assert InventorInvitation.objects.get().given["value_ko"].startswith("Charges")
    second.locator("[name=value]").fill("x" * 250)
    second.locator("form.form button").first.click()
    second.locator("table.data").first.wait_for()
    assert second.evaluate("document.documentElement.scrollWidth") <= 390, "a long word widens the page of a phone"

    inventor.goto(link)
    assert inventor.locator("[name=value]").input_value().startswith("Charges")
    inventor.locator("[name=field_of_use]").fill("City buses")
    inventor.locator("[name=trl]").select_option("5")
    inventor.locator("button[name=send]").click()
    inventor.wait_for_url("**/thanks/**")
    inventor.goto(link)
    assert inventor.locator("form.form").count() == 0

    page.goto("/")
    page.locator("#waiting").get_by_role("link", name="Look at what the inventor Gaon Kim sent").click()
    page.get_by_role("button", name="Take over what is ticked").click()
    page.get_by_text("Taken over.").wait_for()
    listing = Listing.objects.get(state="draft")
    assert (listing.field_of_use, listing.trl) == ("City buses", 5)

    page.goto("/work/")
    page.get_by_role("button", name="Send for registration Hydrogen alloy").click()
    page.get_by_text("Sent for registration.").first.wait_for()
    page.goto("/work/")
    page.get_by_role("table").get_by_text("In review").first.wait_for()


def test_some_at_once_by_keyboard_and_without_scripts(visit, watch):
    watch.expects(422)
    office = MembershipFactory(institute=True)
    project = ProjectFactory(lead=office.organization)
    for n in range(3):
        duty(ResultFactory(project=project, title=f"Alloy {n}"))

    page = visit(office.user, "/work/", javascript=False)
    page.get_by_role("link", name="Tick all shown").click()
    page.get_by_role("button", name="Drafts of those ticked, as a table").click()
    rows = page.locator("table.editable tbody tr")
    assert rows.count() == 3
    rows.nth(0).locator("textarea[name$=-value]").focus()
    page.keyboard.type("Lighter by 12%")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name").endswith("-trl")
    for n in range(2):
        rows.nth(n).locator("textarea[name$=-field_of_use]").fill("Buses")
        rows.nth(n).locator("textarea[name$=-conditions_of_use]").fill("To be agreed")
    rows.nth(2).locator("textarea[name$=-title]").fill("")
    page.get_by_role("button", name="Save all").click()
    page.get_by_role("alert").get_by_text("1 row was not saved").wait_for()
    assert Listing.objects.filter(field_of_use="Buses").count() == 2
    rows.nth(2).locator("textarea[name$=-title]").fill("Alloy of three")
    page.get_by_role("button", name="Save, then choose what to send").click()
    page.get_by_text("2 are complete").wait_for()
    page.get_by_text("1 stays").wait_for()
    page.get_by_label("Alloy 1").uncheck()
    page.get_by_role("button", name="Send those ticked").click()
    page.get_by_text("1 technology was sent for registration.").wait_for()
    assert Listing.objects.filter(state="draft").count() == 2
