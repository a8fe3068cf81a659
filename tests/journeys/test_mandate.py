"""An SME picks a broker for its need and gives a mandate; the broker accepts it and quotes; the need says who acts."""

from django.utils import timezone

from brokers.models import Mandate
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import published
from tests.factories.brokers.register import agency
from tests.factories.matching import NeedFactory


def test_given_accepted_and_quoted(visit, watch):
    watch.expects(422)
    now = timezone.now()
    published(at=now, valid_from=timezone.localdate(now))
    firm = MembershipFactory(company=True, manager=True, organization__name_en="Hanbit Precision")
    office = MembershipFactory(broker=True, manager=True, organization__name="Dari Brokers")
    agency(office.organization, at=now)
    need = NeedFactory(organization=firm.organization, owner=firm.user, title="Hydrogen tank liner", opened_at=now)

    buyer = visit(firm.user, f"/needs/{need.public_id}/")
    buyer.get_by_role("link", name="Give a mandate for it").click()
    buyer.get_by_role("button", name="Send the offer").click()
    buyer.get_by_role("alert").get_by_role("link", name="Broker").wait_for()
    buyer.get_by_label("Broker", exact=True).fill("Dari Brokers")
    buyer.get_by_label("Exclusive: no other broker").check()
    buyer.get_by_role("button", name="Send the offer").dblclick()
    buyer.get_by_text("The offer was sent.").wait_for()
    mandate = Mandate.objects.get()

    seller = visit(office.user, "/brokers/work/", phone=True)
    seller.locator("#waiting").get_by_role("link", name=mandate.number).click()
    seller.get_by_text("Accept the mandate").click()
    assert seller.evaluate("document.documentElement.scrollWidth") <= 390
    seller.get_by_role("button", name="Accept", exact=True).click()
    seller.get_by_text("You accepted the mandate.").wait_for()
    seller.get_by_role("link", name="Quote a fee").click()
    seller.get_by_label("What the deal is about").fill("Liner licence")
    seller.get_by_label("Value of the deal in won").fill("20,000,000")
    seller.get_by_role("button", name="Quote this fee").click()
    seller.get_by_role("link", name=mandate.number).wait_for()

    buyer.goto(f"/needs/{need.public_id}/")
    buyer.locator("#brokers").get_by_text("In force").wait_for()
