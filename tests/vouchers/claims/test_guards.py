"""What the database refuses whoever writes: plain SQL, past every service."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.vouchers.money import officer
from tests.factories.vouchers.orders import (
    accepted,
    approved,
    checked,
    choice,
    office_of,
    paid,
    placed,
    prepared,
    provider,
    running,
    sent,
    submitted,
)


def refused(statement, *values):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_claims_beyond_the_order():
    order = running()
    claim = submitted(order, supply_won=5_000_000, vat_won=0)
    other = submitted(order, supply_won=2_000_000, vat_won=0)
    refused("UPDATE vouchers_claim SET supply_won = 9000000, government_won = 7000000 WHERE id = %s", claim.pk)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vouchers_claim SET state = 'objected' WHERE id = %s", [other.pk])
    refused("UPDATE vouchers_claim SET supply_won = 4000000, government_won = 2000000 WHERE id = %s", other.pk)


def test_four_eyes_and_membership():
    claim = accepted()
    inside = officer(office_of(claim))
    MembershipFactory(user=inside, organization=claim.order.provider)
    check = "UPDATE vouchers_claim SET state = 'checked', checked_by_id = %s, checked_at = now() WHERE id = %s"
    root = UserFactory(is_superuser=True, is_staff=True)
    other_office = officer(MembershipFactory(government=True).organization)
    for person in (root, inside, other_office, claim.written_by, claim.accepted_by):
        refused(check, person.pk, claim.pk)
    refused("UPDATE vouchers_claim SET state = 'checked' WHERE id = %s", claim.pk)
    one = checked()
    approve = "UPDATE vouchers_claim SET state = 'approved', approved_by_id = %s, approved_at = now() WHERE id = %s"
    refused(approve, one.checked_by_id, one.pk)
    refused(approve, root.pk, one.pk)


def test_paid_only_by_a_file_that_was_sent_and_a_result():
    claim = approved()
    refused("UPDATE vouchers_claim SET state = 'paid', paid_at = now() WHERE id = %s", claim.pk)
    batch = prepared(claim)
    refused("UPDATE vouchers_claim SET state = 'paid', paid_at = now() WHERE id = %s", claim.pk)
    refused("UPDATE vouchers_payment SET state = 'paid', result_on = now()::date WHERE batch_id = %s", batch.pk)
    send = "UPDATE vouchers_paymentbatch SET state = 'sent', sent_by_id = %s, sent_at = now() WHERE id = %s"
    refused(send, batch.prepared_by_id, batch.pk)
    refused(send, UserFactory(is_superuser=True).pk, batch.pk)
    refused("UPDATE vouchers_paymentbatch SET total_won = 1 WHERE id = %s", batch.pk)
    refused("UPDATE vouchers_payment SET bank_account = '1' WHERE batch_id = %s", batch.pk)
    refused("UPDATE vouchers_claim SET state = 'approved' WHERE id = %s", claim.pk)


def test_what_was_handed_in_stands():
    claim = paid()
    refused("UPDATE vouchers_claim SET supply_won = supply_won - 1 WHERE id = %s", claim.pk)
    refused("UPDATE vouchers_claim SET approved_by_id = checked_by_id WHERE id = %s", claim.pk)
    refused("UPDATE vouchers_claimdocument SET name = 'x' WHERE claim_id = %s", claim.pk)
    refused("UPDATE vouchers_claimstep SET text = 'x' WHERE claim_id = %s", claim.pk)
    for table in ("claim", "order", "payment", "paymentbatch", "providerchoice", "quotation", "claimdocument"):
        refused(f"DELETE FROM vouchers_{table}")


def test_a_choice_is_frozen():
    order = placed()
    made = order.choice
    refused("UPDATE vouchers_providerchoice SET why = 'x' WHERE id = %s", made.pk)
    refused("UPDATE vouchers_providerchoice SET candidates = '[]' WHERE id = %s", made.pk)
    refused("UPDATE vouchers_quotation SET supply_won = 1 WHERE id = %s", order.quotation_id)
    refused("UPDATE vouchers_order SET provider_id = %s WHERE id = %s", provider().pk, order.pk)
    kept = choice(order.voucher, service="strategy")
    refused(
        "UPDATE vouchers_providerchoice SET chosen_id = %s, chosen_by_id = seen_by_id, chosen_at = now() WHERE id = %s",
        provider().pk, kept.pk,
    )  # fmt: skip
    refused("UPDATE vouchers_order SET accepted_by_id = %s WHERE id = %s", officer(office(order)).pk, order.pk)


def office(order):
    return order.voucher.line.call.office


def test_a_file_takes_no_more_payments_once_prepared():
    batch, other = sent(approved()), approved()
    refused(
        "INSERT INTO vouchers_payment (public_id, created_at, updated_at, batch_id, claim_id, state, government_won,"
        " own_won, payee_name, bank_code, bank_account, result_text)"
        " VALUES (%s, now(), now(), %s, %s, 'waiting', 1, 0, 'x', '004', '1', '')",
        uuid.uuid4(), batch.pk, other.pk,
    )  # fmt: skip
