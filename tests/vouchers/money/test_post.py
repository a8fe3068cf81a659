"""The one way money moves, verb by verb; and the nightly check that says what does not agree."""

import uuid

import pytest
from django.db import connection

from marketplace.core.errors import Conflict
from marketplace.core.idempotency import KeyReused
from tests.factories.vouchers.money import MILLION, NOW, issued, line, spend, waiting
from vouchers.enums.money import Verb
from vouchers.models import SUMS, LedgerEntry, Voucher
from vouchers.services.money.balance import out_of_balance
from vouchers.services.money.post import NotEnough, post


def move(held, verb, won, *, voucher=None, key=None, subject=None):
    return post(
        line_id=held.pk, verb=verb, amount_won=won, subject=subject or uuid.uuid4(), key=key or uuid.uuid4(), by=None,
        at=NOW, voucher=voucher,
    )  # fmt: skip


def sums(held):
    held.refresh_from_db()
    return tuple(getattr(held, name) for name in SUMS)


def test_a_won_on_its_way():
    held = line(budget_won=100)
    move(held, Verb.RESERVE, 60)
    assert sums(held) == (40, 60, 0, 0, 0)
    move(held, Verb.RELEASE, 10)
    assert sums(held) == (50, 50, 0, 0, 0)
    move(held, Verb.CUT, 50)
    assert sums(held) == (0, 50, 0, 0, 0)
    assert held.allocated_won == 50


def test_a_voucher_from_issue_to_the_last_won():
    voucher = issued(government_won=30 * MILLION)
    held = voucher.line
    move(held, Verb.BIND, 20 * MILLION, voucher=voucher)
    move(held, Verb.UNBIND, 5 * MILLION, voucher=voucher)
    move(held, Verb.DISBURSE, 15 * MILLION, voucher=voucher)
    move(held, Verb.REVERSE, MILLION, voucher=voucher)
    move(held, Verb.UNBIND, MILLION, voucher=voucher)
    move(held, Verb.RECOVER, 4 * MILLION, voucher=voucher)
    move(held, Verb.RETURN, 16 * MILLION, voucher=voucher)
    kept = Voucher.objects.get(pk=voucher.pk)
    assert (kept.open_won, kept.bound_won, kept.paid_won, kept.returned_won, kept.recovered_won) == (
        0, 0, 10 * MILLION, 16 * MILLION, 4 * MILLION,
    )  # fmt: skip
    assert voucher.paid_won == kept.paid_won  # the object given has them too
    assert sums(held) == (986 * MILLION, 0, 0, 10 * MILLION, 4 * MILLION)
    assert not list(out_of_balance())


@pytest.mark.parametrize("verb", [Verb.RESERVE, Verb.RELEASE, Verb.CUT])
def test_more_than_there_is_moves_nothing(verb):
    held = line(budget_won=100)
    before, entries = sums(held), LedgerEntry.objects.count()
    with pytest.raises(NotEnough, match="cannot be taken"):
        move(held, verb, 101)
    assert sums(held) == before
    assert LedgerEntry.objects.count() == entries


@pytest.mark.parametrize("verb", [Verb.BIND, Verb.UNBIND, Verb.DISBURSE, Verb.REVERSE, Verb.RETURN, Verb.RECOVER])
def test_more_than_the_voucher_has_moves_nothing(verb):
    voucher = issued(government_won=30 * MILLION)
    spend(issued(), 10 * MILLION)
    before, entries = sums(voucher.line), LedgerEntry.objects.count()
    with pytest.raises(NotEnough):
        move(voucher.line, verb, 30 * MILLION + 1, voucher=voucher)
    assert sums(voucher.line) == before
    assert LedgerEntry.objects.count() == entries


def test_the_same_key_moves_once_and_another_body_is_refused():
    held, key, subject = line(budget_won=100), uuid.uuid4(), uuid.uuid4()
    first = move(held, Verb.RESERVE, 60, key=key, subject=subject)
    assert move(held, Verb.RESERVE, 60, key=key, subject=subject) == first
    for verb, won, whose in (
        (Verb.RESERVE, 61, subject),
        (Verb.RELEASE, 60, subject),
        (Verb.RESERVE, 60, uuid.uuid4()),
    ):
        with pytest.raises(KeyReused) as refusal:
            move(held, verb, won, key=key, subject=whose)
        assert refusal.value.status == 409
    assert sums(held) == (40, 60, 0, 0, 0)


def test_a_replay_on_a_voucher_gives_the_sums_of_today():
    voucher, key, subject = issued(government_won=30 * MILLION), uuid.uuid4(), uuid.uuid4()
    move(voucher.line, Verb.BIND, MILLION, voucher=voucher, key=key, subject=subject)
    stale = Voucher.objects.get(pk=voucher.pk)
    stale.open_won = 7
    move(voucher.line, Verb.BIND, MILLION, voucher=stale, key=key, subject=subject)
    assert (stale.open_won, stale.bound_won) == (29 * MILLION, MILLION)


@pytest.mark.parametrize("won", [0, -1])
def test_nothing_and_less_is_no_movement(won):
    with pytest.raises(ValueError, match="won"):
        move(line(), Verb.RESERVE, won)


def test_a_voucher_is_named_where_it_moves():
    voucher = waiting()
    with pytest.raises(ValueError, match="voucher"):
        move(voucher.line, Verb.RESERVE, 5, voucher=voucher)
    with pytest.raises(ValueError, match="voucher"):
        move(voucher.line, Verb.COMMIT, 5)
    with pytest.raises(Voucher.DoesNotExist):
        move(line(), Verb.COMMIT, 5, voucher=voucher)
    assert not list(out_of_balance())


def test_a_conflict_says_what_is_left():
    with pytest.raises(Conflict, match="KRW 100 left") as refusal:
        move(line(budget_won=100), Verb.RESERVE, 101)
    assert refusal.value.code == "not_enough_money"


def test_what_somebody_with_the_owners_rights_changed_is_found():
    voucher = issued(government_won=30 * MILLION)
    connection.check_constraints()  # no trigger waits any more, so that the table can be changed
    with connection.cursor() as cursor:
        cursor.execute("alter table vouchers_budgetline disable trigger vouchers_guard_line")
        cursor.execute("update vouchers_budgetline set available_won = available_won + 7")
        cursor.execute("set constraints all immediate; set constraints all deferred")
        cursor.execute("alter table vouchers_budgetline enable always trigger vouchers_guard_line")
    found = {each.what: (each.kept_won - each.counted_won, each.number) for each in out_of_balance()}
    number = voucher.line.call.number
    assert found == {"available_won": (7, number), "allocated": (7, number)}
