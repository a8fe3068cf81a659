"""Risk flags of the desk: each with the case that raises it, and none without."""

import pytest

from tests.factories.vouchers import orders
from tests.factories.vouchers.money import MILLION, NOW
from vouchers.models import ClaimDocument
from vouchers.queries.risks import flags, rules

pytestmark = pytest.mark.django_db


def seen(voucher):
    return {str(flag.what) for flag in flags([voucher.line_id])}


def test_nothing_stands_out_of_an_ordinary_order():
    voucher = orders.voucher()
    orders.running(voucher)
    assert seen(voucher) == set()
    assert flags([]) == []


def test_linked_parties():
    voucher = orders.voucher()
    order = orders.running(voucher)
    mine, theirs = voucher.holder.business_profile, order.provider.business_profile
    theirs.address = mine.address
    theirs.save()
    assert seen(voucher) == {"Firm and provider are linked"}


def test_edits_after_approval():
    claim = orders.approved()
    paper = ClaimDocument(
        claim=claim, key="photo", name="late.pdf", file="x.pdf", size=1, sha256="0" * 64, sent_by=claim.written_by,
        sent_at=NOW.replace(hour=23),
    )  # fmt: skip
    ClaimDocument.objects.bulk_create([paper])
    assert "Changed after it was approved" in seen(claim.order.voucher)


def test_amounts_just_under_a_limit():
    call = orders.call_row(scheme=orders.SCHEME)
    of = orders.provider()
    vouchers = [orders.voucher(call=call, government_won=30 * MILLION) for _ in range(rules()["near_limit_times"])]
    for voucher in vouchers:
        # 15 M of the government of 20 M: the menu's limit for a strategy is 20 M.
        orders.running(voucher, of=of, service="strategy", supply_won=26 * MILLION)
    assert "Amounts just under a limit, again and again" in seen(vouchers[0])
