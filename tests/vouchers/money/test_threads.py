"""Two and more at once, on the real database, with the locks and without; each race many times.

`VOUCHER_RACES=300` runs each race so often; the suite runs them as often as its minutes allow.
"""

import os
import uuid

import pytest
from django.db import connection, transaction

from marketplace.core.errors import Conflict
from tests.database import mail_waits
from tests.factories.accounts import OrganizationFactory
from tests.factories.vouchers.money import (
    DAY,
    MILLION,
    NOW,
    TODAY,
    application_row,
    call_row,
    issued,
    line_of,
    officer,
    waiting,
)
from tests.threads import at_once, kinds, meet_in
from vouchers.enums.money import Verb
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Deposit, LedgerEntry, Voucher
from vouchers.services.life import asking, deposits
from vouchers.services.life import issue as issue_module
from vouchers.services.life.deposits import enter_deposit
from vouchers.services.life.lapse import lapse
from vouchers.services.life.over import expire
from vouchers.services.life.reserve import held_won, release, reserve
from vouchers.services.money import post as post_module
from vouchers.services.money.balance import out_of_balance
from vouchers.services.money.post import NotEnough, post

pytestmark = pytest.mark.django_db(transaction=True)
RACES = int(os.environ.get("VOUCHER_RACES", "8"))
ORDERS = int(os.environ.get("VOUCHER_RACES", "40"))


@pytest.fixture
def unmailed():
    with mail_waits():
        yield


def move(line, verb, won, *, voucher=None, key=None, subject=None):
    return post(
        line_id=line.pk, verb=verb, amount_won=won, subject=subject or uuid.uuid4(), key=key or uuid.uuid4(), by=None,
        at=NOW, voucher=voucher,
    )  # fmt: skip


def agree():
    found = list(out_of_balance())
    assert not [each for each in found if each.what != "reserved"], found


def pay_in(voucher, won, reference, clerk, at=NOW):
    return enter_deposit(
        voucher=voucher, amount_won=won, received_on=TODAY, reference=reference, key=uuid.uuid4(), by=clerk, at=at,
        confirmed=True,
    )  # fmt: skip


def test_fifty_for_the_last_fifty_million(locked):
    for _time in range(3 if RACES < 100 else 20):
        line = line_of(call_row(budget_won=50 * MILLION))
        outcomes = at_once(*[lambda line=line: move(line, Verb.RESERVE, 50 * MILLION)] * 50)
        done = [each for each in outcomes if not isinstance(each, Exception)]
        line.refresh_from_db()
        assert (len(done), line.available_won, line.reserved_won) == (1, 0, 50 * MILLION)
        assert line.entries.filter(verb=Verb.RESERVE).count() == 1
        if locked:
            assert sum(isinstance(each, NotEnough) for each in outcomes) == 49
        agree()


def test_many_small_ones_never_pass_the_budget(locked):
    """The guards in the database hold the sum alone; with the lock everybody beyond it is told so in words."""
    line = line_of(call_row(budget_won=20 * MILLION))
    outcomes = at_once(*[lambda: move(line, Verb.RESERVE, MILLION)] * 30)
    if locked:
        assert kinds(outcomes) == ["done"] * 20 + ["told"] * 10
    line.refresh_from_db()
    assert (line.available_won, line.entries.filter(verb=Verb.RESERVE).count()) == (0, 20)
    agree()


def test_the_check_is_behind_the_lock(locked, monkeypatch):
    """Both have looked before one of them writes, unless the lock keeps the second out."""
    meet_in(monkeypatch, post_module, "_take", locked=locked)
    line = line_of(call_row(budget_won=50 * MILLION))
    outcomes = at_once(*[lambda: move(line, Verb.RESERVE, 50 * MILLION)] * 2)
    # Without the lock the second is stopped by the database alone, which is no answer for people.
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    agree()


def test_one_key_at_once_moves_once(locked, monkeypatch):
    meet_in(monkeypatch, post_module, "_take", locked=locked)
    line, key, subject = line_of(call_row()), uuid.uuid4(), uuid.uuid4()
    outcomes = at_once(*[lambda: move(line, Verb.RESERVE, 5, key=key, subject=subject)] * 2)
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    line.refresh_from_db()
    assert line.reserved_won == 5
    agree()


def test_reserve_against_release(unmailed):
    for _time in range(RACES):
        application = application_row(call_row(budget_won=50 * MILLION))
        line = line_of(application.call)
        reserve(application=application, by=None, at=NOW)
        outcomes = at_once(
            lambda: release(application=application, by=None, at=NOW),  # noqa: B023
            lambda: reserve(application=application, by=None, at=NOW),  # noqa: B023
            lambda: release(application=application, by=None, at=NOW),  # noqa: B023
        )
        assert kinds(outcomes) == ["done"] * 3
        line.refresh_from_db()
        assert line.reserved_won == held_won(line, application) <= 50 * MILLION
        assert line.available_won + line.reserved_won == 50 * MILLION
        agree()


def test_two_releases_at_once(locked, monkeypatch):
    """Whoever is second finds nothing to release. Without the lock both have found it, and only their key stops one."""
    application = application_row(call_row(budget_won=50 * MILLION))
    line = line_of(application.call)
    reserve(application=application, by=None, at=NOW)
    meet_in(monkeypatch, post_module, "_take", locked=locked)
    outcomes = at_once(*[lambda: release(application=application, by=None, at=NOW)] * 2)
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    assert not locked or outcomes.count(None) == 1
    line.refresh_from_db()
    assert (line.reserved_won, line.available_won) == (0, 50 * MILLION)
    agree()


def test_two_claims_on_one_order(locked, monkeypatch):
    """Paid twice at once: the voucher has it once. Without the lock only the database stops the second."""
    voucher = issued(government_won=10 * MILLION)
    move(voucher.line, Verb.BIND, 10 * MILLION, voucher=voucher)
    twice = [Voucher.objects.select_related("line").get(pk=voucher.pk) for _claim in range(2)]
    meet_in(monkeypatch, post_module, "_take", locked=locked)
    outcomes = at_once(*[lambda it=it: move(it.line, Verb.DISBURSE, 10 * MILLION, voucher=it) for it in twice])
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    voucher.refresh_from_db()
    assert (voucher.bound_won, voucher.paid_won) == (0, 10 * MILLION)
    agree()


def half_paid(won=10 * MILLION):
    voucher = waiting(own_won=won)
    clerk = officer(voucher.line.call.office)
    pay_in(voucher, won // 2, "A", clerk)
    return voucher, clerk


def test_issue_against_lapse(locked, monkeypatch):
    meet_in(monkeypatch, issue_module, "own_share_in", locked=locked)
    voucher, clerk = half_paid()
    late = NOW + 20 * DAY
    outcomes = at_once(
        lambda: pay_in(voucher, 5 * MILLION, "B", clerk, late), lambda: lapse(voucher_id=voucher.pk, at=late)
    )
    voucher.refresh_from_db()
    issued_now = voucher.state == VoucherState.ISSUED
    assert voucher.open_won == (50 * MILLION if issued_now else 0)
    # Without the lock both have found that it is theirs: the database stops one, or the sum that the other took.
    stopped = "database" in kinds(outcomes) or any(isinstance(each, NotEnough) for each in outcomes)
    assert stopped == (not locked)
    agree()


def test_issue_against_lapse_many_times(unmailed):
    seen = set()
    for _time in range(RACES):
        voucher, clerk = half_paid()
        late = NOW + 20 * DAY
        at_once(
            lambda: pay_in(voucher, 5 * MILLION, "B", clerk, late),  # noqa: B023 - called at once
            lambda: lapse(voucher_id=voucher.pk, at=late),  # noqa: B023
        )
        voucher.refresh_from_db()
        seen.add(voucher.state)
        paid = Deposit.objects.filter(voucher=voucher).count()
        assert (voucher.state, paid, voucher.open_won) in (("issued", 2, 50 * MILLION), ("lapsed", 1, 0))
        assert not list(out_of_balance())
    assert seen <= {"issued", "lapsed"}


def test_two_officers_enter_the_same_payment(locked, monkeypatch):
    voucher, clerk = half_paid()
    other = officer(voucher.line.call.office)
    meet_in(monkeypatch, deposits, "_enter", locked=locked)
    outcomes = at_once(
        lambda: pay_in(voucher, 5 * MILLION, "B", clerk), lambda: pay_in(voucher, 5 * MILLION, "B", other)
    )
    assert kinds(outcomes) == ["done", "told"]  # without the locks by the index of what the bank has told
    assert voucher.deposits.count() == 2
    voucher.refresh_from_db()
    assert voucher.state == VoucherState.ISSUED
    agree()


def test_one_line_of_the_bank_for_two_vouchers_at_once(unmailed):
    """Each holds the lock of another voucher: the unique index tells them apart."""
    for _time in range(RACES):
        office = OrganizationFactory(government=True)
        vouchers = [waiting(call=call_row(office=office), own_won=10 * MILLION) for _ in range(2)]
        clerk = officer(office)
        outcomes = at_once(*[lambda each=each, by=clerk: pay_in(each, 10 * MILLION, "B-77", by) for each in vouchers])
        assert kinds(outcomes) == ["done", "told"]
        states = Voucher.objects.filter(pk__in=[each.pk for each in vouchers]).values_list("state", flat=True)
        assert sorted(states) == ["issued", "waiting"]
        agree()


def test_two_officers_complete_the_own_share_at_once(unmailed):
    for _time in range(RACES):
        voucher, clerk = half_paid()
        other = officer(voucher.line.call.office)
        outcomes = at_once(
            lambda: pay_in(voucher, 3 * MILLION, "B", clerk),  # noqa: B023
            lambda: pay_in(voucher, 2 * MILLION, "C", other),  # noqa: B023
        )
        assert kinds(outcomes) == ["done", "done"]
        voucher.refresh_from_db()
        assert (voucher.state, voucher.open_won) == (VoucherState.ISSUED, 50 * MILLION)
        assert LedgerEntry.objects.filter(voucher=voucher).count() == 1
        assert not list(out_of_balance())


@transaction.atomic
def order(voucher, won):
    """As an accepted order binds: under the voucher's lock, while it can be used."""
    held = asking.lock_voucher(voucher.pk)
    if not held.is_usable_on(TODAY):
        raise Conflict("over")
    move(held.line, Verb.BIND, won, voucher=held)


def test_expiry_against_an_order(locked):
    for _time in range(RACES):
        voucher = issued(valid_until=TODAY)
        outcomes = at_once(
            lambda: order(voucher, 30 * MILLION),  # noqa: B023
            lambda: expire(voucher_id=voucher.pk, at=NOW + DAY),  # noqa: B023
        )
        voucher.refresh_from_db()
        if locked:
            assert not [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, Conflict)]
            assert voucher.state == VoucherState.EXPIRED
            assert (voucher.open_won, voucher.bound_won + voucher.returned_won) == (0, 50 * MILLION)
        agree()


def test_opposite_orders_do_not_wait_for_each_other(unmailed):
    """Two lists of winners with the same two calls in opposite orders, and a release between them."""
    calls = [call_row(budget_won=100_000 * MILLION) for _place in range(2)]
    lines = [line_of(call) for call in calls]
    rows = [[application_row(call) for call in calls] for _place in range(2)]

    @transaction.atomic
    def both(applications):
        for application in applications:
            reserve(application=application, by=None, at=NOW)

    for _time in range(ORDERS):
        outcomes = at_once(
            lambda: both(rows[0]),
            lambda: both(rows[1][::-1]),
            lambda: move(lines[0], Verb.RESERVE, 1),
        )
        assert kinds(outcomes) == ["done"] * 3
        for pair in rows:
            for application in pair:
                release(application=application, by=None, at=NOW)
    agree()


def test_more_at_once_than_the_pool_holds():
    """Who holds the number of caps asks for no second connection, so none waits for one (lessons F66)."""
    calls = [call_row() for _place in range(12)]
    for call in calls:
        line_of(call)
    applications = [application_row(call) for call in calls]
    outcomes = at_once(*[lambda each=each: reserve(application=each, by=None, at=NOW) for each in applications])
    assert kinds(outcomes) == ["done"] * 12
    connection.close()
