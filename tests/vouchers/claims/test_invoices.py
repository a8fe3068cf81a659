"""A tax invoice is claimed once, by whomever and however its number is written."""

import pytest

from marketplace.core.errors import DomainError
from notifications.models import Notification
from tests.factories.vouchers.money import NOW
from tests.factories.vouchers.orders import drafted, running, staff, submitted
from vouchers.enums.claims import ClaimState
from vouchers.models import Claim
from vouchers.services.claims.draft import withdraw_claim


def test_a_tax_invoice_is_claimed_once():
    claim = submitted(invoice="20261120-1234")
    with pytest.raises(DomainError) as refused:
        drafted(invoice="20261120-1234")
    assert refused.value.field == "invoice_number"
    withdraw_claim(claim=claim, reason="A mistake", by=claim.written_by, at=NOW)
    assert drafted(claim.order, invoice="20261120-1234").state == ClaimState.DRAFT


@pytest.mark.parametrize(
    "other",
    [
        "202611204100001212345678",
        "２０２６１１２０-41000012-12345678",
        "20261120–41000012−12345678",
        "20261120.41000012 12345678",
    ],
)
def test_however_its_number_is_written(other):
    drafted(invoice="20261120-41000012-12345678")
    order = running()
    with pytest.raises(DomainError, match="another claim already"):
        drafted(order, invoice=other)
    drafted(order, invoice="ab-1")
    with pytest.raises(DomainError, match="another claim already"):
        drafted(invoice="AB1")
    assert Claim.objects.count() == 2


def test_dashes_are_no_number():
    with pytest.raises(DomainError) as refused:
        drafted(invoice="--")
    assert (refused.value.field, Claim.objects.exists()) == ("invoice_number", False)


@pytest.mark.parametrize("seen", [True, False], ids=["handed in", "draft"])
def test_the_firm_is_told_that_it_need_not_accept_what_was_taken_back(seen):
    order = running()
    buyer = staff(order.voucher.holder)
    claim = submitted(order) if seen else drafted(order)
    withdraw_claim(claim=claim, reason="A mistake", by=claim.written_by, at=NOW)
    assert Notification.objects.filter(kind="voucher_claim_withdrawn", recipient=buyer).count() == seen
