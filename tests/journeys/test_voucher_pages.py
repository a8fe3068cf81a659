"""Every page of a voucher's way, as each side sees it: read by axe, at the width of a desk and of a phone."""

import pytest
from django.utils import timezone

from tests.factories.vouchers.money import MILLION, officer
from tests.factories.vouchers.orders import (
    asked,
    checked,
    drafted,
    given,
    paid,
    prepared,
    running,
    staff,
    submitted,
    voucher,
)
from tests.journeys.test_pages import AXE, FRAME, OPEN_ALL, faults


@pytest.fixture
def pages(tmp_path, settings):
    """Addresses by the side that looks, with the person who does."""
    settings.PRIVATE_ROOT = tmp_path / "private"
    now = timezone.now()
    made = voucher(at=now)
    order = running(made, at=now)
    claim = submitted(order, supply_won=4 * MILLION, vat_won=0, at=now)
    draft = drafted(order, supply_won=MILLION, vat_won=0, at=now)
    open_one = given(made, of=order.provider, service="strategy", at=now)
    unanswered = asked(made, service="promotion", at=now)
    office = made.line.call.office
    to_approve, batch, settled = checked(at=now), prepared(at=now), paid(at=now)
    at_claim, at_order = f"/claims/{claim.public_id}/", f"/voucher-orders/{order.public_id}/"
    at_choice = f"/provider-choices/{open_one.choice.public_id}/"
    return [
        (staff(made.holder), ["/vouchers/", f"/vouchers/{made.public_id}/", f"/vouchers/{made.public_id}/find/",
                              at_choice, f"/provider-choices/{unanswered.choice.public_id}/", "/quotations/", at_order,
                              at_claim]),
        (staff(order.provider), ["/voucher-orders/", at_order, f"{at_order}claim/", f"/claims/{draft.public_id}/",
                                 f"/quotations/{open_one.public_id}/"]),
        (staff(unanswered.provider), [f"/quotations/{unanswered.public_id}/"]),
        (staff(settled.order.provider), ["/provider-statement/"]),
        (officer(office), [f"/vouchers/{made.public_id}/", at_choice, at_order, at_claim]),
        (officer(to_approve.order.voucher.line.call.office), [f"/claims/{to_approve.public_id}/", "/claims/"]),
        (officer(batch.call.office), ["/payment-files/", f"/payment-files/{batch.public_id}/"]),
    ]  # fmt: skip


def test_no_serious_fault(visit, pages):
    found, seen = [], 0
    for person, paths in pages:
        page = visit(person, paths[0])
        page.add_init_script(path=AXE)
        for path in paths:
            assert page.goto(path).status == 200, path
            page.evaluate(OPEN_ALL)
            found += faults(page, path, FRAME)
            seen += 1
        page.context.close()
    assert (found, seen) == ([], 23)
