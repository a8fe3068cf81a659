"""Two officers: one writes a call without JavaScript, the other publishes it, and everybody sees it on a phone."""

from django.utils import timezone

from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.programmes.calls import DAY, draft_call


def test_two_officers_write_and_publish_a_call(visit):
    office, now = OrganizationFactory(government=True), timezone.now()
    writer, publisher = (
        MembershipFactory(organization=office, role=role, user__second_factor=True).user
        for role in ("staff", "manager")
    )
    call = draft_call(by=writer, office=office, at=now, opens_at=now - DAY, title_en="Vouchers of the journey")

    page = visit(writer, f"/officer/calls/{call.public_id}/edit/papers/", javascript=False)
    page.get_by_role("button", name="Add a paper").click()
    line = page.get_by_role("group", name="Papers 3")
    for label, text in (("Korean", "특허등록원부"), ("English", "Patent register"), ("Chinese", "专利登记簿")):
        line.get_by_label(label).fill(text)
    page.get_by_role("button", name="Save").last.click()
    page.get_by_text("a colleague of your office publishes it").wait_for()

    other = visit(publisher, f"/officer/calls/{call.public_id}/")
    other.get_by_role("link", name="Look through and publish").click()
    other.get_by_text("Patent register").wait_for()
    other.get_by_role("button", name="Publish this version").click()
    other.get_by_text("The call is published.").wait_for()

    phone = visit(None, "/calls/?when=open", phone=True)
    phone.get_by_role("link", name="Vouchers of the journey").click()
    phone.get_by_text("Patent register").wait_for()
    phone.get_by_text("closes in").first.wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
