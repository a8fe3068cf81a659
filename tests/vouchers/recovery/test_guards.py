"""What the database holds of recoveries and sanctions whoever writes: raw SQL, past every service."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.vouchers import orders
from tests.factories.vouchers.money import DAY, MILLION, NOW, officer
from tests.factories.vouchers.recovery import (
    LATER,
    accused,
    announced,
    confirmed,
    imposed,
    manager,
    office_of,
    paid_voucher,
    proposed,
)
from vouchers.models import Recovery, RecoveryReceipt, Sanction
from vouchers.services.recovery.sanctions import answer_sanction

pytestmark = pytest.mark.django_db


def run(sql, *given):
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def refused(match, sql, *given):
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        run(sql, *given)


def row(voucher, **also):
    made = {
        "number": "VR2026999999", "voucher": voucher, "debtor": voucher.holder, "ground": "false", "text": "x",
        "principal_won": 1 * MILLION, "interest_bp": 300, "interest_from": NOW.date(), "noticed_at": NOW,
        "noticed_by": officer(voucher.line.call.office), "object_by": NOW.date(),
    } | also  # fmt: skip
    return Recovery.objects.bulk_create([Recovery(**made)])


def receipt(recovery, **also):
    made = {
        "recovery": recovery, "received_on": LATER.date(), "reference": "S-1", "principal_won": 5, "entered_at": LATER,
        "entered_by": officer(office_of(recovery)), "key": uuid.uuid4(),
    } | also  # fmt: skip
    RecoveryReceipt.objects.bulk_create([RecoveryReceipt(**made)])
    run("SELECT 1")  # what is asked at commit, now


@pytest.mark.parametrize(
    ("match", "asked"),
    [
        ("announced first", {"state": "objected"}),
        ("no more comes back", {"principal_won": 20 * MILLION + 1}),
        ("recovery_sums", {"surcharge_won": 5 * MILLION + 1}),
        ("surcharge_where_the_law_asks", {"surcharge_won": 1, "ground": "breach"}),
    ],
)
def test_a_recovery_begins_as_it_must(match, asked):
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        row(paid_voucher(), **asked)
    assert not Recovery.objects.exists()


def test_a_party_or_a_stranger_announces_nothing_and_strangers_owe_nothing():
    voucher = paid_voucher()
    party = officer(voucher.line.call.office)
    MembershipFactory(organization=voucher.holder, user=party)
    for nobody in (party, officer(OrganizationFactory(government=True))):
        with pytest.raises(DatabaseError, match="of no party"), transaction.atomic():
            row(voucher, noticed_by=nobody)
    with pytest.raises(DatabaseError, match="nobody else"), transaction.atomic():
        row(voucher, debtor=OrganizationFactory())


def test_interest_before_the_payment_and_more_than_a_provider_got_are_refused():
    claim = orders.paid(at=NOW + 5 * DAY)
    voucher, of = claim.order.voucher, claim.order.provider
    day = (NOW + 5 * DAY).date()
    for debtor in (voucher.holder, of):
        with pytest.raises(DatabaseError, match="from the payment on"), transaction.atomic():
            row(voucher, debtor=debtor, interest_from=day - DAY)
    later = NOW + 5 * DAY
    orders.paid(orders.running(voucher, service="market", at=later), at=later)
    with pytest.raises(DatabaseError, match="no more than it got"), transaction.atomic():
        row(voucher, debtor=of, interest_from=day, principal_won=6 * MILLION + 1)
    row(voucher, debtor=of, interest_from=day, principal_won=6 * MILLION)
    assert Recovery.objects.count() == 1


def test_what_was_announced_stays():
    recovery = announced()
    for change in (
        "principal_won = 1",
        "interest_bp = 0",
        "object_by = '2030-01-01'",
        "noticed_by_id = noticed_by_id + 1",
    ):
        refused("never changes", f"UPDATE vouchers_recovery SET {change} WHERE id = %s", recovery.pk)
    other = OrganizationFactory()
    refused("firms are merged", "UPDATE vouchers_recovery SET debtor_id = %s WHERE id = %s", other.pk, recovery.pk)
    refused("never deleted", "DELETE FROM vouchers_recovery WHERE id = %s", recovery.pk)


DECIDE = """UPDATE vouchers_recovery SET state = %s, decided_by_id = %s, decided_at = %s, decision_text = 'x',
            pay_by = '2027-01-31' WHERE id = %s"""


def test_four_eyes_and_the_debtors_days():
    recovery = announced()
    party = officer(office_of(recovery))
    MembershipFactory(organization=recovery.debtor, user=party)
    refused("four_eyes", DECIDE, "confirmed", recovery.noticed_by_id, LATER, recovery.pk)
    refused("of no party", DECIDE, "confirmed", party.pk, LATER, recovery.pk)
    other = officer(office_of(recovery))
    refused("may still object", DECIDE, "confirmed", other.pk, NOW + 20 * DAY, recovery.pk)
    refused("paid_back_is_paid|Invalid transition|Cannot", DECIDE, "paid_back", other.pk, LATER, recovery.pk)
    recovery.refresh_from_db()
    assert recovery.state == "noticed"


def test_no_objection_after_its_day():
    recovery = announced()
    sql = "UPDATE vouchers_recovery SET state = 'objected', objection = 'x', objected_at = %s WHERE id = %s"
    refused("days to object are over", sql, NOW + 21 * DAY, recovery.pk)


def test_receipts_agree_with_the_ledger_or_are_not_there():
    recovery = confirmed()
    for match, also in (
        ("no more comes back", {"principal_won": 10 * MILLION + 1}),
        ("no more comes back", {"surcharge_won": 1}),
        ("of no party", {"entered_by": MembershipFactory(organization=recovery.debtor).user}),
        ("do not agree", {}),
    ):
        with pytest.raises(DatabaseError, match=match), transaction.atomic():
            receipt(recovery, **also)
    refused("do not agree", "UPDATE vouchers_recovery SET recovered_won = 5 WHERE id = %s", recovery.pk)
    with pytest.raises(DatabaseError, match="was confirmed"), transaction.atomic():
        receipt(announced())
    assert not RecoveryReceipt.objects.exists()


def test_receipts_and_steps_stay():
    recovery = confirmed()
    receipt(recovery, principal_won=0, interest_won=5)
    refused("only grows", "UPDATE vouchers_recoveryreceipt SET interest_won = 1")
    refused("only grows", "DELETE FROM vouchers_recoveryreceipt")
    refused("only grows", "UPDATE vouchers_recoverystep SET text = 'y'")


def test_sanctions_by_two_officers_and_five_years():
    sanction = proposed()
    party = officer(sanction.office)
    MembershipFactory(organization=sanction.organization, user=party)
    sql = "UPDATE vouchers_sanction SET state = 'imposed', decided_by_id = %s, decided_at = %s WHERE id = %s"
    refused("four_eyes", sql, sanction.proposed_by_id, LATER, sanction.pk)
    refused("of no party", sql, party.pk, LATER, sanction.pk)
    refused("five years", "UPDATE vouchers_sanction SET until_on = '2040-01-01' WHERE id = %s", sanction.pk)
    refused("never changes", "UPDATE vouchers_sanction SET until_on = until_on - 1 WHERE id = %s", sanction.pk)
    refused("never deleted", "DELETE FROM vouchers_sanction")
    done = imposed(sanction)
    refused("stays decided", "UPDATE vouchers_sanction SET is_public = false WHERE id = %s", done.pk)
    refused("lifted_says_why", "UPDATE vouchers_sanction SET state = 'lifted' WHERE id = %s", done.pk)
    assert Sanction.objects.get().state == "imposed"


def test_nobody_is_sanctioned_unheard():
    sanction = accused()
    sql = """UPDATE vouchers_sanction SET state = 'imposed', decided_by_id = %s, decided_at = %s, decision_text = 'x'
             WHERE id = %s"""
    refused("may still answer", sql, officer(sanction.office).pk, LATER + 20 * DAY, sanction.pk)
    refused("may still answer|never changes", "UPDATE vouchers_sanction SET answer_by = '2026-01-01'")
    late = "UPDATE vouchers_sanction SET answer = 'x', answered_at = %s"
    refused("days to answer are over", late, LATER + 21 * DAY)
    answer_sanction(sanction=sanction, text="No.", by=manager(sanction.organization), at=LATER)
    refused("stays as it was written", "UPDATE vouchers_sanction SET answer = 'y'")
    assert Sanction.objects.get().state == "proposed"


@pytest.mark.parametrize(
    ("match", "asked"),
    [
        ("is_heard", {"evidence": ""}),
        ("is_heard", {"ground": ""}),
        ("is_heard", {"answer_by": None}),
        ("ground_known", {"ground": "because"}),
        ("proposed first", {"answer": "x", "answered_at": LATER}),
        ("of no party", {"proposed_by": "stranger"}),
    ],
)
def test_a_sanction_without_recovery_begins_as_it_must(match, asked):
    like = accused()
    row = {
        "organization": like.organization, "office": like.office, "kind": "warning", "reason": "x", "ground": "false",
        "evidence": "x", "from_on": LATER.date(), "answer_by": LATER.date(), "proposed_at": LATER,
        "proposed_by": officer(like.office),
    } | asked  # fmt: skip
    if row["proposed_by"] == "stranger":
        row["proposed_by"] = officer(OrganizationFactory(government=True))
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        Sanction.objects.bulk_create([Sanction(**row)])
    assert Sanction.objects.count() == 1


def test_no_exclusion_for_a_recovery_that_is_open_or_on_another_ground():
    for recovery in (announced(), confirmed(announced(ground="overpaid"))):
        row = Sanction(
            organization=recovery.debtor, recovery=recovery, office=office_of(recovery), kind="exclusion", reason="x",
            from_on=LATER.date(), until_on=LATER.date() + DAY, proposed_at=LATER, proposed_by=recovery.noticed_by,
        )  # fmt: skip
        with pytest.raises(DatabaseError, match="follows a confirmed recovery"), transaction.atomic():
            Sanction.objects.bulk_create([row])
