"""An agency names somebody, who confirms; and it submits its report, on a phone and without JavaScript."""

from datetime import timedelta

from django.utils import timezone

from brokers.clocks import ended_half_years
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.duties import due_report, manager_of, minimum, verified
from tests.factories.brokers.register import agency


def test_staff_is_named_and_confirmed_and_a_report_submitted(visit):
    now = timezone.now()
    half = next(ended_half_years(timezone.localdate(now)))
    minimum(1)
    broker = agency(at=now - timedelta(days=400))
    organization, manager = broker.organization, manager_of(broker.organization)
    person = MembershipFactory(organization=organization, user__name="Han Seo-yul").user
    verified(person, at=now)
    due_report(broker, day=half.first_on)

    page = visit(manager, "/brokers/staff/")
    page.get_by_label("Member").select_option(label=f"Han Seo-yul ({person.email})")
    page.get_by_role("button", name="Name this member").click()
    page.get_by_text("Named, waits for the person").first.wait_for()

    other = visit(person, "/", phone=True)
    other.get_by_role("link", name="Say whether you work for").first.click()
    other.get_by_role("button", name="Yes, I work there").click()
    other.get_by_text("You confirmed it.").wait_for()
    page.reload()
    page.get_by_text("1 count, 1 are needed").wait_for()

    page = visit(manager, "/brokers/reports/", phone=True, javascript=False)
    page.get_by_role("link", name="half of").first.click()
    page.get_by_role("link", name="Enter a deal").first.click()
    page.get_by_label("What was transferred").fill("Hydrogen valve")
    page.get_by_label("Holder").fill("Gaon University")
    page.get_by_label("Firm that takes it").fill("Hanbit Precision")
    page.get_by_label("Deal type").select_option(index=1)
    page.get_by_label("Value in won").fill("30,000,000")
    page.get_by_label("Signed on").fill(half.last_on.isoformat())
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Hydrogen valve").first.wait_for()
    page.get_by_role("button", name="Submit the report").click()
    page.get_by_text("The report was submitted.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
