"""An SME looks for a broker on a phone: filters the register, opens one, and reads what is known of it."""

from datetime import timedelta

from django.utils import timezone

from brokers.queries.register import draw
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.fees import published
from tests.factories.brokers.ratings import mandate, qualified, rated
from tests.factories.brokers.register import agency


def test_an_sme_finds_a_broker_on_a_phone(visit):
    now = timezone.now()
    published(at=now, valid_from=timezone.localdate(now))
    given = {"at": now, "ipc_prefixes": ["H01M"], "languages": ["ko", "en"]}
    cells = agency(OrganizationFactory(broker=True, name="Cell Deals"), speciality="Batteries", **given)
    for n in range(3):
        qualified(cells.organization, "lawyer")
        mandate(cells.organization, hours=5 + n, offered_at=now - timedelta(days=20))
        rated(cells.organization, at=now, text="Quick and clear")
    seeds = agency(OrganizationFactory(broker=True, name="Seed Deals"), at=now, ipc_prefixes=["A01"])
    firm = MembershipFactory(company=True).user

    page = visit(firm, "/brokers/", phone=True)
    shown = page.locator(".listing-card-title").all_inner_texts()
    by_day = sorted((cells, seeds), key=lambda row: draw(timezone.localdate(now), row.number))
    assert shown == [row.organization.name for row in by_day]
    page.get_by_text("Filters").first.click()
    page.locator("label", has_text="H").locator("input[name=section]").check()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("heading", name="1 broker", exact=True).wait_for()
    assert "section=H" in page.url
    page.get_by_role("link", name="Cell Deals").click()
    page.get_by_role("heading", name="Cell Deals", level=1).wait_for()
    for text in ("Of 3 mandates that clients offered, 3 were answered.", "Quick and clear"):
        assert text in page.inner_text("main")
    assert "Not known: the broker has declared nothing." in page.inner_text("main")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
