"""Search, save, be told of what is published, and stop the mail from the mail."""

import re

from django.utils import timezone

from matching.enums import AlertRate
from matching.models import SavedSearch
from matching.tasks import send_alerts
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import ListingFactory, publish


def address_in(text, beginning):
    return re.search(rf"https?://[^\s/]+({beginning}\S*)", text)[1]


def test_a_search_is_saved_finds_something_and_its_mail_is_stopped(visit, mailoutbox):
    firm = MembershipFactory(company=True).user
    office = MembershipFactory(institute=True, manager=True)
    ListingFactory(holder=office.organization, title_en="Hydrogen valve")
    draft = ListingFactory(
        holder=office.organization, draft=True, title_ko="수소 탱크 라이너", title_en="Hydrogen tank liner"
    )

    page = visit(firm, "/technologies/?q=hydrogen")
    page.get_by_role("link", name="Save this search").click()
    page.get_by_role("heading", name="Save this search").wait_for()
    page.get_by_text("You will get mail").wait_for()
    page.get_by_label("Name of the search").fill("Tanks")
    page.get_by_label("At once").check()
    page.get_by_role("button", name="Save the search").click()
    page.get_by_text("The search is saved.").wait_for()
    page.get_by_text("Nothing new yet").wait_for()

    publish(listing=draft, by=office.user, at=timezone.now())
    assert send_alerts() == 1  # what beat does every minute
    assert send_alerts() == 0

    (mail,) = [mail for mail in mailoutbox if mail.to == [firm.email]]
    assert "1 new technology for your searches" in mail.subject
    assert "Hydrogen tank liner" in mail.body
    assert "Hydrogen valve" not in mail.body

    page.goto("/my/searches/")
    page.get_by_role("row", name="Tanks").get_by_text("1 new").wait_for()
    page.get_by_role("link", name="Tanks").click()
    page.get_by_text("Has: hydrogen.").wait_for()
    card = page.locator(".listing-cards > li")
    card.locator("summary").click()
    card.get_by_label("Not this, because").select_option(label="Not developed far enough")
    card.get_by_role("button", name="Put aside").click()
    page.get_by_text("Put aside. You find it").wait_for()
    page.get_by_role("link", name="Put aside").click()
    page.get_by_role("link", name="Hydrogen tank liner").wait_for()

    elsewhere = visit(None, address_in(mail.body, "/my/searches/matches/"), javascript=False)
    elsewhere.get_by_role("heading", name="Hydrogen tank liner").first.wait_for()
    elsewhere.goto(address_in(mail.body, "/my/searches/mail-off/"))
    elsewhere.get_by_text("Tanks").wait_for()
    assert SavedSearch.objects.get().rate == AlertRate.AT_ONCE  # looking stops nothing
    elsewhere.get_by_role("button", name="No more mail about these").click()
    elsewhere.get_by_text("No more mail comes about:").wait_for()
    assert SavedSearch.objects.get().rate == AlertRate.OFF

    page.goto("/my/searches/")
    page.get_by_role("row", name="Tanks").get_by_text("No mail").wait_for()
    page.get_by_role("button", name="Search again").click()
    page.get_by_role("heading", name="2 technologies").wait_for()
    page.go_back()
    page.get_by_role("link", name="Tanks").click()
    page.locator("#delete summary").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("No saved search yet").wait_for()
    assert SavedSearch.objects.count() == 0
