"""The public computes a fee on a phone, without JavaScript, and sends the address on."""

import re

from django.utils import timezone

from tests.factories.brokers.fees import published, shipped


def test_the_calculator_on_a_phone(visit, watch):
    watch.expects(422)
    now = timezone.now()
    shipped()
    published(at=now, valid_from=timezone.localdate(now))

    page = visit(None, "/fees/", phone=True, javascript=False)
    page.get_by_text("In force now").wait_for()
    page.get_by_label("Value of the deal in won").fill("123.6")
    page.get_by_role("button", name="Compute the fee").click()
    page.get_by_text("Write whole won in figures, like 12,000,000.").first.wait_for()

    page.get_by_label("Value of the deal in won").fill("12,000,000")
    page.get_by_label("Version").select_option(label="Lehman formula (5-4-3-2-1 %)")
    page.get_by_role("button", name="Compute the fee").click()
    page.get_by_role("heading", name="KRW 220,000 on KRW 12,000,000").wait_for()
    page.get_by_text("5 % of KRW 1,000,000, the part up to KRW 1,000,000").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "#result" in page.url

    # Whoever gets the address sees the same, by another version at a touch.
    other = visit(None, re.sub(r"^https?://[^/]+", "", page.url), phone=True)
    other.get_by_role("heading", name="KRW 220,000 on KRW 12,000,000").wait_for()
    other.get_by_role("link", name="Fee guideline").last.click()
    other.get_by_role("heading", name="KRW 560,000 on KRW 12,000,000").wait_for()
    with other.expect_download() as download:
        other.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename == "brokerage-fee-12000000.csv"
