"""Two at once: two receipts, and confirming against dropping. Without the locks only the database says no."""

import uuid

import pytest
from django.db.models import Sum

from marketplace.core.errors import Conflict, DomainError
from programmes.registry import FirmRefused
from tests.factories.vouchers.money import MILLION, NOW, officer
from tests.factories.vouchers.orders import given, placed, staff, voucher
from tests.factories.vouchers.recovery import (
    LATER,
    accused,
    confirmed,
    imposed,
    manager,
    objected,
    office_of,
    received,
)
from tests.threads import at_once, kinds, meet_in, meet_where
from vouchers.models import LedgerEntry, Order, Recovery, RecoveryReceipt
from vouchers.services.money.balance import out_of_balance
from vouchers.services.orders import answer, place
from vouchers.services.recovery import receive, sanctions
from vouchers.services.recovery.announce import decide
from vouchers.services.recovery.asking import owed_of
from vouchers.services.recovery.sanctions import answer_sanction

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_receipts_at_once_of_all_that_is_owed(locked, monkeypatch):
    recovery = confirmed()
    owed = owed_of(recovery, LATER.date()).total_won
    people = [officer(office_of(recovery)) for _ in range(2)]
    meet_in(monkeypatch, receive, "split", locked=locked)
    results = at_once(
        *(
            lambda by=by, name=name: received(recovery, owed, by=by, reference=name, key=uuid.uuid4())
            for by, name in zip(people, ("T-1", "T-2"), strict=True)
        )
    )
    refused = [each for each in results if isinstance(each, Exception)]
    assert len(refused) == 1
    # With the locks the second is told in words; without them only the guard in the database is left.
    assert isinstance(refused[0], DomainError) == locked
    recovery.refresh_from_db()
    moved = LedgerEntry.objects.filter(verb="recover").aggregate(won=Sum("amount_won"))["won"]
    assert (recovery.recovered_won, moved, RecoveryReceipt.objects.count()) == (10 * MILLION, 10 * MILLION, 1)
    assert not list(out_of_balance())


def test_confirm_against_drop(locked, meeting):
    recovery = objected()
    people = [officer(office_of(recovery)) for _ in range(2)]
    results = at_once(
        *(
            lambda by=by, yes=yes: decide(recovery=recovery, confirm=yes, text="Decided.", by=by, at=LATER)
            for by, yes in zip(people, (True, False), strict=True)
        )
    )
    assert kinds(results) == (["done", "told"] if locked else ["database", "done"])
    fresh = Recovery.objects.get()
    done = next(each for each in results if not isinstance(each, Exception))
    assert (fresh.state, fresh.decided_by) == (done.state, done.decided_by)


@pytest.mark.parametrize("whose", ["firm", "provider"])
def test_an_exclusion_against_an_order(locked, monkeypatch, whose):
    earlier = placed()
    call, provider = earlier.voucher.line.call, earlier.provider
    quotation = given(voucher(call=call), of=provider)
    firm = quotation.choice.voucher.holder
    sanction = accused(firm if whose == "firm" else provider, office=call.office, at=NOW)
    answer_sanction(sanction=sanction, text="Not so.", by=manager(sanction.organization), at=NOW)
    decider, clerk = officer(call.office), staff(firm)
    meet_where(monkeypatch, [(sanctions, "may_still_answer"), (place, "is_closed_to_work")], locked=locked)
    seen, meet = [], sanctions.may_still_answer

    def look(*given):
        seen.append(Order.objects.filter(quotation=quotation).exists())
        return meet(*given)

    monkeypatch.setattr(sanctions, "may_still_answer", look)
    decision, order = at_once(
        lambda: imposed(sanction, by=decider, at=NOW),
        lambda: place.place_order(quotation=quotation, why="Best", key=uuid.uuid4(), by=clerk, at=NOW),
    )
    assert decision.state == "imposed"
    is_placed = Order.objects.filter(quotation=quotation).exists()
    if locked:  # ordered first, and there when it was decided; or not ordered any more
        assert seen == [is_placed]
        assert is_placed or isinstance(order, (Conflict, FirmRefused)), order
    else:
        assert (seen, is_placed) == ([False], True), order


def test_an_exclusion_against_an_acceptance(locked, monkeypatch):
    order = placed()
    office = order.voucher.line.call.office
    sanction = accused(order.provider, office=office, at=NOW)
    answer_sanction(sanction=sanction, text="Not so.", by=manager(order.provider), at=NOW)
    decider, clerk = officer(office), staff(order.provider)
    meet_where(monkeypatch, [(sanctions, "may_still_answer"), (answer, "left_of")], locked=locked)
    seen, meet = [], sanctions.may_still_answer

    def look(*given):
        seen.append(Order.objects.get().state == "running")
        return meet(*given)

    monkeypatch.setattr(sanctions, "may_still_answer", look)
    decision, accepted = at_once(
        lambda: imposed(sanction, by=decider, at=NOW), lambda: answer.accept_order(order=order, by=clerk, at=NOW)
    )
    assert decision.state == "imposed"
    runs = Order.objects.get().state == "running"
    if locked:  # accepted first, and known when it was decided; or not accepted any more
        assert seen == [runs]
        assert runs or isinstance(accepted, Conflict), accepted
    else:
        assert (seen, runs) == ([False], True), accepted
