"""Sign up, confirm the address, ask to join, be let in, work."""

import re

from accounts.enums import Role
from accounts.models import Membership
from tests.factories.accounts import PASSWORD, MembershipFactory, UserFactory, business_number
from tests.factories.tech_listings import ListingFactory
from tests.journeys.watch import choose_from_menu


def test_from_sign_up_to_the_work_of_an_organization(visit, watch, mailoutbox):
    watch.expects(403)
    manager = MembershipFactory(institute=True, manager=True, organization__name="가온대학교 산학협력단")
    ListingFactory(holder=manager.organization, title_en="Hydrogen tank liner")

    page = visit()
    page.get_by_role("banner").get_by_role("link", name="Sign up").click()
    page.get_by_label("Name").fill("Bora Newcomer")
    page.locator("[name=email]").fill("bora@example.org")
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.get_by_label("Language").select_option("en")
    page.get_by_role("button", name="Create an account").click()
    page.get_by_role("heading", name="Look into your mail").wait_for()

    (mail,) = mailoutbox
    assert mail.to == ["bora@example.org"]
    page.goto(re.search(r"https?://\S+(/accounts/confirm-email/\S+)", mail.body)[1])
    page.get_by_role("main").get_by_role("button", name="Confirm").click()
    page.locator("[name=login]").fill("bora@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Good to see you, Bora Newcomer").wait_for()

    page.get_by_role("link", name="Find my organization").click()
    page.get_by_role("main").get_by_role("link", name="Join an organization").first.click()
    page.get_by_role("searchbox").or_(page.locator("main [name=q]")).first.fill("가온")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    page.get_by_role("row", name="가온대학교 산학협력단").get_by_role("link", name="Ask to join").click()
    page.get_by_label("Message to the manager").fill("I keep the patent list.")
    page.get_by_role("button", name="Send the request").click()
    page.get_by_text("Your request was sent to").wait_for()
    assert page.goto("/my/listings/").status == 403

    office = visit(manager.user, f"/organizations/{manager.organization.public_id}/")
    card = office.locator("#requests").get_by_role("listitem")
    assert "I keep the patent list." in card.inner_text()
    card.get_by_label("Role").select_option(Role.STAFF)
    card.get_by_role("button", name="Let in").click()
    office.get_by_text("Bora Newcomer is now a member").wait_for()

    page.goto("/")
    choose_from_menu(page, "My technologies")
    page.get_by_role("link", name="Hydrogen tank liner", exact=True).wait_for()
    assert Membership.objects.active().filter(user__email="bora@example.org", role=Role.STAFF).count() == 1


def test_somebody_registers_the_organization_nobody_had(visit):
    page = visit(UserFactory(name="Dain Founder"), "/organizations/new/")
    page.get_by_role("button", name="Register").click()
    summary = page.get_by_role("alert")
    summary.wait_for()
    assert page.evaluate("document.activeElement.matches('.error-summary')")

    page.get_by_label("Company", exact=True).check()
    page.get_by_label("Name", exact=True).fill("한빛정밀")
    page.get_by_label("Business registration number").fill(business_number(77))
    page.get_by_role("button", name="Register").click()
    page.get_by_text("is registered. You are its manager.").wait_for()
    choose_from_menu(page, "Transfer requests")
    page.get_by_role("heading", name="No request yet").wait_for()
