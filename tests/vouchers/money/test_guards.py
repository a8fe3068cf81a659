"""What the database holds whoever writes: entries move sums, nothing else does, entries stay."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.vouchers.money import MILLION, NOW, TODAY, call_row, issued, line, officer, waiting
from vouchers.enums.money import WAYS, Verb
from vouchers.models import BankLine, BudgetLine, Deposit, LedgerEntry, Voucher
from vouchers.services.money.balance import out_of_balance
from vouchers.services.money.post import post


def refused(sentence, call):
    with pytest.raises(DatabaseError, match=sentence), transaction.atomic():
        call()


def check_deferred():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize("verb", Verb)
def test_the_database_has_the_same_ways(verb):
    with connection.cursor() as cursor:
        cursor.execute("select * from vouchers_way(%s)", [verb])
        assert cursor.fetchone() == tuple(WAYS[verb])


def test_no_sum_moves_without_an_entry():
    voucher = issued(government_won=30 * MILLION)
    for name in ("available_won", "reserved_won", "committed_won", "paid_won", "recovered_won"):
        refused("only an entry", lambda name=name: BudgetLine.objects.update(**{name: F(name) + 1}))
    for one, other in (("open_won", "bound_won"), ("bound_won", "paid_won"), ("paid_won", "returned_won")):
        change = {one: F(one) - 1, other: F(other) + 1}
        refused("only an entry", lambda change=change: Voucher.objects.update(**change))
    fresh = Voucher.objects.get(pk=voucher.pk)
    assert (fresh.open_won, fresh.bound_won) == (30 * MILLION, 0)
    assert not list(out_of_balance())


def test_an_entry_by_sql_moves_the_sums_as_well():
    held = line(budget_won=100)
    LedgerEntry.objects.bulk_create(
        [LedgerEntry(line=held, verb="reserve", amount_won=40, subject=uuid.uuid4(), key=uuid.uuid4(), at=NOW)]
    )
    held.refresh_from_db()
    assert (held.available_won, held.reserved_won) == (60, 40)
    assert not [each for each in out_of_balance() if each.what != "reserved"]


def test_an_entry_by_sql_goes_no_lower_than_nothing():
    held = line(budget_won=100)
    entry = LedgerEntry(line=held, verb="reserve", amount_won=101, subject=uuid.uuid4(), key=uuid.uuid4(), at=NOW)
    refused("budget_line_never_below_zero", lambda: LedgerEntry.objects.bulk_create([entry]))
    held.refresh_from_db()
    assert (held.available_won, LedgerEntry.objects.count()) == (100, 1)


def test_an_entry_names_a_voucher_of_its_line_and_only_where_it_moves_one():
    voucher, other = issued(), line()
    entry = {"amount_won": 5, "subject": uuid.uuid4(), "key": uuid.uuid4(), "at": NOW}
    refused("names a voucher", lambda: LedgerEntry.objects.create(line=voucher.line, verb="bind", **entry))
    refused(
        "names a voucher",
        lambda: LedgerEntry.objects.create(line=voucher.line, voucher=voucher, verb="reserve", **entry),
    )
    refused("not of this line", lambda: LedgerEntry.objects.create(line=other, voucher=voucher, verb="bind", **entry))


def test_entries_stay():
    held = line()
    refused("only grows", lambda: LedgerEntry.objects.update(amount_won=1))
    refused("only grows", lambda: LedgerEntry.objects.all()._raw_delete("default"))
    refused("never deleted", lambda: BudgetLine.objects.filter(pk=held.pk)._raw_delete("default"))
    with connection.cursor() as cursor:  # where replicas are written too
        cursor.execute("set local session_replication_role = replica")
    refused("only grows", lambda: LedgerEntry.objects.update(amount_won=1))
    refused("only an entry", lambda: BudgetLine.objects.update(paid_won=1))


def test_a_line_and_a_voucher_begin_with_nothing():
    voucher = waiting()
    refused("begins with nothing", lambda: BudgetLine.objects.create(call=line().call, available_won=5))
    row = Voucher.objects.values().get(pk=voucher.pk) | {
        "id": None,
        "public_id": uuid.uuid4(),
        "number": "VC2026999999",
    }
    refused("begins waiting", lambda: Voucher.objects.create(**row | {"open_won": 5}))
    refused("begins waiting", lambda: Voucher.objects.create(**row | {"state": "lapsed"}))
    refused("never deleted", lambda: Voucher.objects.filter(pk=voucher.pk)._raw_delete("default"))


def test_issued_is_what_has_money_and_own_share():
    voucher = waiting()
    term = {"state": "issued", "issued_at": NOW, "valid_from": TODAY, "valid_until": TODAY}
    refused("voucher_parts_make_the_face|with its money", lambda: (Voucher.objects.update(**term), check_deferred()))

    def without_own_share():
        post(line_id=voucher.line_id, verb=Verb.COMMIT, amount_won=voucher.face_won, subject=uuid.uuid4(),
             key=uuid.uuid4(), by=None, at=NOW, voucher=voucher)  # fmt: skip
        Voucher.objects.update(**term)
        check_deferred()

    refused("own share is paid in", without_own_share)


def test_who_enters_deposits():
    voucher = waiting()
    firm = MembershipFactory(organization=voucher.holder).user
    stranger = MembershipFactory(government=True).user
    both = officer(voucher.line.call.office)
    MembershipFactory(user=both, organization=voucher.holder)
    paid_in = {"voucher": voucher, "amount_won": 5, "received_on": TODAY, "reference": "1", "entered_at": NOW}
    for person in (firm, stranger, both):
        refused(
            "an officer of the office",
            lambda person=person: Deposit.objects.create(entered_by=person, key=uuid.uuid4(), **paid_in),
        )
    mine = {"entered_by": officer(voucher.line.call.office), "key": uuid.uuid4()}
    refused("more than was paid in", lambda: Deposit.objects.create(is_refund=True, **mine, **paid_in))
    Deposit.objects.create(**mine, **paid_in)
    refused("only grows", lambda: Deposit.objects.update(amount_won=7))


def test_a_line_of_the_bank_stands_once_and_stays():
    office = OrganizationFactory(government=True)
    first, second = (waiting(call=call_row(office=office), own_won=MILLION) for _ in range(2))
    clerk = officer(office)

    def deposit(voucher):
        Deposit.objects.bulk_create([
            Deposit(voucher=voucher, amount_won=MILLION, received_on=TODAY, reference="B-77", entered_by=clerk,
                    entered_at=NOW, key=uuid.uuid4())
        ])  # fmt: skip

    deposit(first)
    refused("bank_line_once", lambda: deposit(second))
    refused("Cannot update or delete", lambda: BankLine.objects.update(reference="B-78"))
    refused("Cannot update or delete", lambda: BankLine.objects.all()._raw_delete("default"))
    assert BankLine.objects.get().deposit.voucher == first
