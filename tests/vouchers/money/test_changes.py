"""Suspended and resumed, changed on request, ended early."""

from datetime import date

import pytest

from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.states import IllegalTransition
from programmes.scheme import Service, Words
from tests.factories.accounts import MembershipFactory
from tests.factories.vouchers.life import agree
from tests.factories.vouchers.money import (
    DAY,
    MILLION,
    NOW,
    TODAY,
    agreement_row,
    application_row,
    call_row,
    issued,
    officer,
    scheme,
    waiting,
)
from vouchers.enums.vouchers import ChangeKind, VoucherState
from vouchers.queries.agreed import services_agreed
from vouchers.services.life import changes, halt
from vouchers.services.life.sweep import nightly


def test_suspended_and_resumed_with_a_reason():
    voucher = issued()
    clerk = officer(voucher.line.call.office)
    with pytest.raises(DomainError):
        halt.suspend(voucher=voucher, text=" ", by=clerk, at=NOW)
    halted = halt.suspend(voucher=voucher, text="A tip.", by=clerk, at=NOW)
    assert (halted.state, halted.is_usable_on(TODAY)) == (VoucherState.SUSPENDED, False)
    with pytest.raises(IllegalTransition):
        halt.suspend(voucher=voucher, text="Again.", by=clerk, at=NOW)
    with pytest.raises(NotAllowed):
        halt.resume(voucher=voucher, text="Nothing.", by=voucher.agreement.application.submitted_by, at=NOW)
    assert halt.resume(voucher=voucher, text="Nothing found.", by=clerk, at=NOW).state == VoucherState.ISSUED
    assert [step.text for step in voucher.steps.order_by("pk")] == ["A tip.", "Nothing found."]


def test_resuming_is_not_issuing():
    voucher = waiting()
    with pytest.raises(IllegalTransition):
        halt.resume(voucher=voucher, text="x", by=officer(voucher.line.call.office), at=NOW)


def ask(voucher, kind, *, text="Because.", by=None, at=NOW, **also):
    return changes.ask_change(
        voucher=voucher, kind=kind, text=text, by=by or voucher.agreement.application.submitted_by, at=at, **also
    )


def decide(change, approve, *, by=None, at=NOW):
    return changes.decide_change(
        change=change, approve=approve, text="So.", by=by or officer(change.voucher.line.call.office), at=at
    )


def test_a_longer_term():
    voucher = issued(valid_until=date(2027, 11, 20))
    for day in (None, date(2027, 11, 20), date(2028, 5, 21)):
        with pytest.raises(DomainError):
            ask(voucher, ChangeKind.EXTEND, valid_until=day)
    change = ask(voucher, ChangeKind.EXTEND, valid_until=date(2028, 5, 20))
    assert ask(voucher, ChangeKind.EXTEND, valid_until=date(2028, 5, 20)) == change
    with pytest.raises(Conflict):
        ask(voucher, ChangeKind.EXTEND, valid_until=date(2028, 5, 19))
    decide(change, True)
    voucher.refresh_from_db()
    assert voucher.valid_until == date(2028, 5, 20)
    with pytest.raises(IllegalTransition):
        decide(change, False)


def test_other_services():
    menu = tuple(Service(key, Words(key), area) for key, area in (("plan", "a"), ("test", "b"), ("market", "b")))
    voucher = issued(agreement_row(application_row(call_row(scheme=scheme(menu=menu)))))
    for chosen in ([], ["nothing"], ["test", "market"]):
        with pytest.raises(DomainError):
            ask(voucher, ChangeKind.PLAN, services=chosen)
    assert services_agreed(voucher) is None
    decide(ask(voucher, ChangeKind.PLAN, services=["plan", "market"]), True)
    assert services_agreed(voucher) == {"plan", "market"}


def test_a_firm_ends_early_by_its_manager():
    voucher = issued()
    staff = MembershipFactory(organization=voucher.holder).user
    with pytest.raises(NotAllowed):
        ask(voucher, ChangeKind.END, by=staff)
    decide(ask(voucher, ChangeKind.END), True)
    voucher.refresh_from_db()
    assert (voucher.state, voucher.open_won, voucher.returned_won) == (VoucherState.ENDED, 0, 50 * MILLION)
    assert voucher.line.available_won == 1_000 * MILLION
    agree()


def test_a_change_is_refused_or_taken_back():
    voucher = issued()
    change = ask(voucher, ChangeKind.END)
    decide(change, False)
    voucher.refresh_from_db()
    assert voucher.state == VoucherState.ISSUED
    other = ask(voucher, ChangeKind.END)
    with pytest.raises(NotAllowed):
        changes.withdraw_change(change=other, by=officer(voucher.line.call.office), at=NOW)
    changes.withdraw_change(change=other, by=voucher.agreement.application.submitted_by, at=NOW)
    with pytest.raises(IllegalTransition):
        decide(other, True)


def test_who_asks_does_not_decide():
    voucher = issued()
    change = ask(voucher, ChangeKind.END)
    both = voucher.agreement.application.submitted_by
    MembershipFactory(user=both, organization=voucher.line.call.office)
    for person in (both, MembershipFactory(government=True).user, MembershipFactory(user__is_superuser=True).user):
        with pytest.raises(NotAllowed):
            decide(change, True, by=person)
    voucher.refresh_from_db()
    assert voucher.state == VoucherState.ISSUED


@pytest.mark.parametrize("approve", [True, False])
def test_an_extension_asked_in_time_waits_for_the_office(approve):
    voucher = issued(valid_until=TODAY)
    change = ask(voucher, ChangeKind.EXTEND, valid_until=TODAY + 30 * DAY)
    late = NOW + 3 * DAY
    assert nightly(at=late)["expired"] == 0
    voucher.refresh_from_db()
    assert (voucher.state, voucher.is_usable_on(TODAY + 3 * DAY)) == (VoucherState.ISSUED, False)
    decide(change, approve, at=late)
    assert nightly(at=late)["expired"] == (0 if approve else 1)
    voucher.refresh_from_db()
    assert voucher.is_usable_on(TODAY + 3 * DAY) is approve
    agree()


def test_an_extension_asked_after_the_last_day_holds_nothing_up():
    voucher = issued(valid_until=TODAY)
    change = ask(voucher, ChangeKind.EXTEND, valid_until=TODAY + 30 * DAY, at=NOW + DAY)
    with pytest.raises(Conflict):
        decide(change, True, at=NOW + DAY)
    assert nightly(at=NOW + DAY)["expired"] == 1
