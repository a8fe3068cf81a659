"""An SME compares what each way to pay would cost it, and chooses: on a phone, first without JavaScript, then with."""

from datetime import timedelta

from django.utils import timezone

from deals.models import Choice
from deals.queries.studio import is_intact, saved_forecast
from tests.factories.deals.contracts import member, negotiation_row
from tests.factories.deals.studio import offered


def test_compared_and_chosen_on_a_phone(visit, watch):
    watch.expects(422)
    now = timezone.now()
    today = timezone.localdate(now)
    offer = offered(negotiation_row(), at=now, valid_until=today + timedelta(days=30))
    firm = member(offer.negotiation.firm)
    address = f"/offers/{offer.public_id}/compare/"
    first = today.year + 1

    page = visit(firm, address, phone=True, javascript=False)
    # A first picture is there at once, of sales that are an example.
    page.get_by_text("An example, to begin with").wait_for()
    assert page.locator("article.option").count() == 3
    assert [page.get_by_label(f"Sales of {first + n}, base, in won").input_value() for n in range(5)] == (
        ["670,000,000"] * 5
    )
    page.get_by_label("First sale").fill("")
    page.get_by_role("button", name="Save and compare").click()
    page.get_by_role("alert").get_by_role("link", name="First sale").wait_for()
    page.get_by_label("First sale").fill(f"{first}-03-01")
    page.get_by_label(f"Sales of {first}, base, in won").fill("1,000,000,000")
    page.get_by_label(f"Sales of {first + 1}, base, in won").fill("2000000000")
    for later in range(2, 5):
        page.get_by_label(f"Sales of {first + later}, base, in won").fill("")
    page.get_by_role("button", name="Save and compare").click()
    # 10 million at signing, 3 % of the two years.
    page.get_by_role("cell", name="KRW 100,000,000").first.wait_for()
    page.get_by_role("heading", name="Swap", exact=True).wait_for()
    assert page.get_by_role("img").filter(has_text="").count() >= 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Cards stand one under the other.
    tops = [card.bounding_box()["y"] for card in page.locator("article.option").all()]
    assert len(tops) == 3
    assert tops == sorted(set(tops))
    assert saved_forecast(offer).base == (1_000_000_000, 2_000_000_000)

    live = visit(firm, address, phone=True)
    live.get_by_label(f"Sales of {first}, base, in won").fill("3,000,000,000")
    live.get_by_text("Discount rate, low and high sales").click()
    live.get_by_label(f"Sales of {first}, high, in won").fill("4,000,000,000")
    live.get_by_label("Your discount rate in percent a year").fill("5")
    live.get_by_label("Your discount rate in percent a year").press("Tab")
    # 10 million, 3 % of 3,000 and of 2,000 million, without a press of the button.
    live.get_by_role("cell", name="KRW 160,000,000").first.wait_for()
    live.get_by_label("high sales").check()
    live.get_by_text("Sales: High.").wait_for()
    live.get_by_label("Swap", exact=True).check()
    live.get_by_role("button", name="Choose this way to pay").dblclick()
    live.get_by_text("the same to the won").wait_for()
    live.get_by_role("heading", name="Chosen: Swap").wait_for()
    assert live.evaluate("document.documentElement.scrollWidth") <= 390
    made = Choice.objects.get()
    assert (made.option.title, made.chosen_by) == ("Swap", firm)
    assert is_intact(made)

    with live.expect_download() as download:
        live.goto(address)
        live.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename.startswith(f"options-{offer.negotiation.number}")
