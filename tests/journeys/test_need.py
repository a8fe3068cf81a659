"""A search finds nothing, the firm posts it as a need; an institute is told, answers; the firm reads and closes it."""

import datetime

from django.utils import timezone

from matching.models import Match, Need
from tech_listings.models import ListingMeaning
from tech_listings.search import meaning
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import ListingFactory


def test_posted_matched_answered_and_closed(visit, watch):
    watch.expects(422)
    firm = MembershipFactory(company=True, organization__name_en="Hanbit Precision", user__name="Sora Firm")
    office = MembershipFactory(institute=True, organization__name_en="Gaon University", user__name="Minho Office")
    listing = ListingFactory(
        holder=office.organization,
        title_en="Hydrogen tank liner tough at minus fifty degrees",
        summary_en="A polymer liner for hydrogen tanks that does not crack in the cold.",
    )
    vector = meaning.encode([meaning.text_for_meaning(listing)])[0]
    ListingMeaning.objects.filter(listing=listing).update(vector=vector, model=meaning.MODEL, due_at=None)

    buyer = visit(firm.user, "/needs/new/?q=Hydrogen+tank+liner")
    assert buyer.get_by_label("What you look for, in one line").input_value() == "Hydrogen tank liner"
    buyer.get_by_role("button", name="Check before posting").click()
    buyer.get_by_role("alert").get_by_role("link", name="The problem to be solved").wait_for()
    assert Need.objects.count() == 0
    buyer.get_by_label("The problem to be solved").fill("The liner of our hydrogen tank cracks in the cold.")
    day = timezone.localdate() + datetime.timedelta(days=20)
    buyer.get_by_label("Answer by").fill(day.isoformat())
    buyer.get_by_label("Do not show who asks").check()
    buyer.get_by_role("button", name="Check before posting").click()
    buyer.get_by_text("Mail will come").wait_for()
    buyer.get_by_role("button", name="Change something").click()
    assert buyer.get_by_label("Do not show who asks").is_checked()
    buyer.get_by_role("button", name="Check before posting").click()
    buyer.get_by_role("button", name="Post the need").dblclick()
    buyer.get_by_text("Institutes and agencies can see your need").wait_for()
    need = Need.objects.get()
    assert Match.objects.filter(need=need, listing=listing).exists()
    buyer.get_by_role("link", name="See the matches").click()
    buyer.get_by_text("Words both have: ").first.wait_for()

    seller = visit(office.user, "/needs/?q=hydrogen")
    seller.get_by_role("link", name="Hydrogen tank liner").click()
    page = seller.get_by_role("main").inner_text()
    assert "Hanbit" not in page
    assert "Sora" not in page
    seller.get_by_label("Hydrogen tank liner tough").check()
    seller.get_by_label("Words to the firm").fill("It was tested at minus fifty.")
    seller.get_by_role("button", name="Send the answer").click()
    seller.get_by_text("Your answer was sent.").wait_for()

    buyer.goto("/")
    buyer.locator("#waiting").get_by_role("link", name=f"Read the answer to need {need.number}").click()
    buyer.get_by_text("It was tested at minus fifty.").wait_for()
    buyer.get_by_text("Close the need").click()
    buyer.get_by_role("button", name="Close", exact=True).click()
    buyer.get_by_text("The need is closed.").wait_for()
    need.refresh_from_db()
    assert (need.state, need.outcome) == ("closed", "found")
