"""From a line of the calendar to the won that a person gets, and back again by reversals."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.states import IllegalTransition
from notifications.models import Notification
from royalties.models import (
    Allocation,
    Due,
    Invoice,
    LateCharge,
    LedgerEntry,
    Posting,
    Receipt,
)
from royalties.services.income.agree import disagreements
from royalties.services.income.assign import assign, undo_assignment
from royalties.services.income.issue import cancel_invoice, issue_invoice
from royalties.services.income.ledger import About, Line, post
from royalties.services.income.receive import enter_receipt, pay_back, set_aside, take_up_again
from royalties.tasks import check_royalty_ledger
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.royalties.calendar import late_rules
from tests.factories.royalties.income import (
    DAY,
    MILLION,
    NOW,
    TODAY,
    concluded,
    due,
    invoiced,
    paid,
    received,
    shared,
    staff,
)


def traces():
    models = (Invoice, Receipt, Allocation, Due, Posting, LedgerEntry)
    return [list(model.objects.order_by("pk").values()) for model in models] + [Notification.objects.count()]


def balance(**of):
    """What lies in each account."""
    found = LedgerEntry.objects.filter(**of).values("account").annotate(won=Sum("amount_won")).order_by("account")
    return {row["account"]: row["won"] for row in found if row["won"]}


@pytest.fixture(autouse=True)
def _agrees():
    """Whatever a test did through the services, ledger and sums agree after it."""
    yield
    assert list(disagreements()) == []


def test_an_invoice_has_vat_apart_and_tells_the_firm():
    line = due(amount_won=1_000_005)
    payer = MembershipFactory(organization=line.contract.firm).user
    by = staff(line.contract.holder)
    made = issue_invoice(due=line, by=by, at=NOW)
    again = issue_invoice(due=line, by=by, at=NOW)

    assert (made.is_new, again.is_new, again.invoice) == (True, False, made.invoice)
    assert (made.invoice.net_won, made.invoice.vat_won, made.invoice.total_won) == (1_000_005, 100_000, 1_100_005)
    assert (made.invoice.number, made.invoice.pay_by) == ("I2026000001", line.due_on)
    assert Due.objects.get().state == "invoiced"
    told = Notification.objects.get(kind="royalty_invoice_issued", recipient=payer)
    assert "1000005" not in str(told.params)


def test_what_cannot_be_asked_for():
    contract = concluded()
    by = staff(contract.holder)
    unknown = due(contract, amount_won=None, key="running-2026", kind="running", year=2026)
    report = due(contract, amount_won=None, key="statement-2026", kind="statement", year=2026)
    waived = due(contract, key="waived", state="waived", waived_reason="x")
    fine = due(contract)
    before = traces()
    for line, error in ((unknown, NotPossibleNow), (report, NotPossibleNow), (waived, NotPossibleNow)):
        with pytest.raises(error):
            issue_invoice(due=line, by=by, at=NOW)
    for given, field in (
        ({"pay_by": TODAY - DAY}, "pay_by"),
        ({"vat_bp": 10_001}, "vat_bp"),
        ({"text": "x" * 501}, "text"),
    ):
        with pytest.raises(DomainError) as refused:
            issue_invoice(due=fine, by=by, at=NOW, **given)
        assert refused.value.field == field
    for stranger in (staff(contract.firm), staff(OrganizationFactory(institute=True))):
        with pytest.raises(NotAllowed):
            issue_invoice(due=fine, by=stranger, at=NOW)
    assert traces() == before


def test_a_cancelled_invoice_can_be_asked_for_again():
    invoice = invoiced()
    by = staff(invoice.contract.holder)
    with pytest.raises(DomainError, match="Say why"):
        cancel_invoice(invoice=invoice, reason=" ", by=by, at=NOW)
    cancel_invoice(invoice=invoice, reason="Wrong day", by=by, at=NOW)
    assert Due.objects.get(pk=invoice.due_id).state == "expected"
    with pytest.raises(IllegalTransition):
        cancel_invoice(invoice=invoice, reason="again", by=by, at=NOW)
    assert issue_invoice(due=invoice.due, by=by, at=NOW).is_new


def test_a_payment_brings_royalty_and_vat():
    made = paid(amount_won=110 * MILLION)
    invoice, line = Invoice.objects.get(), Due.objects.get()
    assert (made.net_won, made.vat_won) == (100 * MILLION, 10 * MILLION)
    assert (invoice.state, invoice.paid_won, line.state, line.paid_won) == (
        "paid",
        110 * MILLION,
        "done",
        100 * MILLION,
    )
    assert Receipt.objects.get().state == "done"
    assert balance() == {"payer": -110 * MILLION, "royalty": 100 * MILLION, "vat": 10 * MILLION}


def test_parts_bring_vat_in_proportion_and_all_of_it_in_the_end():
    invoice = invoiced(amount_won=1_000_005)
    parts = [paid(Invoice.objects.get(), won) for won in (1, 333_333, 766_670)]
    parts.append(paid(Invoice.objects.get(), 1))
    assert [part.vat_won for part in parts] == [0, 30_302, 69_697, 1]
    assert sum(part.net_won for part in parts) == 1_000_005
    assert Invoice.objects.get().state == "paid"
    assert invoice.open_won == 1_100_005


def test_too_little_stays_open_and_too_much_waits():
    invoice = invoiced()
    holder = invoice.contract.holder
    paid(invoice, 50 * MILLION)
    assert (Invoice.objects.get().open_won, Due.objects.get().state) == (60 * MILLION, "invoiced")

    too_much = received(holder, 65 * MILLION)
    by = staff(holder)
    assign(receipt=too_much, invoice=invoice, by=by, at=NOW)
    too_much.refresh_from_db()
    assert (too_much.open_won, too_much.state, Invoice.objects.get().state) == (5 * MILLION, "open", "paid")
    before = traces()
    with pytest.raises(NotPossibleNow):
        assign(receipt=too_much, invoice=invoice, by=by, at=NOW)
    with pytest.raises(NotPossibleNow):
        pay_back(receipt=too_much, amount_won=5 * MILLION + 1, reason="x", by=by, at=NOW)
    assert traces() == before

    pay_back(receipt=too_much, amount_won=5 * MILLION, reason="Paid twice", by=by, at=NOW)
    assert Receipt.objects.get(pk=too_much.pk).state == "done"
    assert balance()["payer"] == -110 * MILLION


def test_an_assignment_is_undone_by_a_reversal_and_done_again():
    made = paid()
    by, payer = staff(made.invoice.contract.holder), staff(made.invoice.contract.firm)
    undo_assignment(allocation=made, reason="Another firm", by=by, at=NOW)
    told = Notification.objects.get(kind="royalty_payment_taken_off", recipient=payer)
    assert told.params["number"] == made.invoice.number
    assert "Another firm" not in str(told.params)
    assert balance() == {"payer": -110 * MILLION, "unassigned": 110 * MILLION}
    assert (Invoice.objects.get().state, Due.objects.get().state, Due.objects.get().paid_won) == (
        "issued",
        "invoiced",
        0,
    )
    with pytest.raises(NotPossibleNow):
        undo_assignment(allocation=made, reason="again", by=by, at=NOW)
    assign(receipt=Receipt.objects.get(), invoice=Invoice.objects.get(), by=by, at=NOW)
    assert Invoice.objects.get().state == "paid"
    assert Posting.objects.filter(reverses__isnull=False).count() == 1


def test_what_was_shared_out_is_not_taken_off_its_invoice():
    made = shared()
    by = staff(made.contract.holder)
    before = traces()
    with pytest.raises(NotPossibleNow, match="shared out"):
        undo_assignment(allocation=made.allocation, reason="x", by=by, at=NOW)
    with pytest.raises(NotPossibleNow):
        cancel_invoice(invoice=made.allocation.invoice, reason="x", by=by, at=NOW)
    assert traces() == before


def test_what_is_no_royalty_is_set_aside_and_taken_up_again():
    receipt = received(OrganizationFactory(institute=True))
    by = staff(receipt.holder)
    set_aside(receipt=receipt, reason="Rent", by=by, at=NOW)
    invoice = invoiced(due(concluded(holder=receipt.holder)))
    before = traces()
    with pytest.raises(NotPossibleNow):
        assign(receipt=receipt, invoice=invoice, by=by, at=NOW)
    with pytest.raises(NotPossibleNow):
        pay_back(receipt=receipt, amount_won=1, reason="x", by=by, at=NOW)
    assert traces() == before
    take_up_again(receipt=receipt, by=by, at=NOW)
    assign(receipt=receipt, invoice=invoice, by=by, at=NOW)
    with pytest.raises(NotPossibleNow):
        set_aside(receipt=receipt, reason="x", by=by, at=NOW)


def test_a_receipt_of_one_holder_pays_no_invoice_of_another():
    receipt, invoice = received(OrganizationFactory(institute=True)), invoiced()
    before = traces()
    with pytest.raises(DomainError):
        assign(receipt=receipt, invoice=invoice, by=staff(invoice.contract.holder), at=NOW)
    assert traces() == before


def test_a_receipt_is_written_once_per_key_and_says_what_is_missing():
    import uuid

    holder, key = OrganizationFactory(institute=True), uuid.uuid4()
    by = staff(holder)
    first = enter_receipt(holder=holder, booked_on=TODAY, amount_won=5, payer="A", by=by, at=NOW, key=key)
    second = enter_receipt(holder=holder, booked_on=TODAY, amount_won=5, payer="A", by=by, at=NOW, key=key)
    assert (second.receipt, second.is_new) == (first.receipt, False)
    before = traces()
    for wrong, field in (
        ({"amount_won": 0}, "amount_won"),
        ({"booked_on": TODAY + DAY}, "booked_on"),
        ({"payer": ""}, "payer"),
        ({"memo": "x" * 201}, "memo"),
    ):
        given = {"holder": holder, "booked_on": TODAY, "amount_won": 5, "payer": "A", "by": by, "at": NOW} | wrong
        with pytest.raises(DomainError) as refused:
            enter_receipt(**given)
        assert refused.value.field == field
    assert traces() == before
    with pytest.raises(DomainError, match="from 1 to 10,000,000,000,000"):
        enter_receipt(holder=holder, booked_on=TODAY, amount_won=10**30, payer="A", by=by, at=NOW)
    assert traces() == before
    before = list(Receipt.objects.order_by("pk").values())
    for other in ({"amount_won": 6}, {"payer": "B"}, {"booked_on": TODAY - datetime.timedelta(days=1)}, {"memo": "x"}):
        given = {"holder": holder, "booked_on": TODAY, "amount_won": 5, "payer": "A", "key": key} | other
        with pytest.raises(KeyReused):
            enter_receipt(**given, by=by, at=NOW)
    assert list(Receipt.objects.order_by("pk").values()) == before


# --- what holds whoever writes ----------------------------------------------------------------------------------------


def test_the_ledger_only_grows():
    paid()
    before = traces()
    acts = (
        lambda: Posting.objects.update(reason="x"),
        lambda: LedgerEntry.objects.update(amount_won=1),
        lambda: LedgerEntry.objects.all().delete(),
        lambda: Allocation.objects.update(amount_won=1),
        lambda: Invoice.objects.update(net_won=1, total_won=1),
        lambda: Invoice.objects.update(paid_won=110 * MILLION + 1),
        lambda: Receipt.objects.update(amount_won=1),
        lambda: Allocation.objects.all().delete(),
        lambda: Invoice.objects.all().delete(),
    )
    for act in acts:
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert traces() == before


def test_a_posting_that_does_not_add_up_is_not_kept():
    receipt = received(OrganizationFactory(institute=True))
    by = staff(receipt.holder)
    with pytest.raises(ValueError):
        post(kind="received", about=About(receipt), lines=[Line("payer", 1), Line("vat", -2)], by=by, at=NOW)
    before = traces()
    for lines in ([("payer", 1), ("vat", -2)], [("payer", 5)], []):
        with pytest.raises(DatabaseError), transaction.atomic():
            _write_by_hand(receipt, lines, by)
    assert traces() == before


def test_a_reversal_takes_back_exactly_what_was_posted():
    receipt = received(OrganizationFactory(institute=True))
    posted, by = Posting.objects.get(), staff(receipt.holder)
    before = traces()
    with pytest.raises(DatabaseError), transaction.atomic():
        _write_by_hand(receipt, [("payer", 1), ("unassigned", -1)], by, reverses=posted, reason="x")
    assert traces() == before


def _write_by_hand(receipt, lines, by, **also):
    made = Posting.objects.create(holder=receipt.holder, kind="received", receipt=receipt, at=NOW, by=by, **also)
    for account, won in lines:
        LedgerEntry.objects.create(posting=made, account=account, amount_won=won)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_night_says_what_does_not_agree(caplog):
    made = paid()
    call_command("check_royalty_ledger", verbosity=0)
    assert check_royalty_ledger() == 0
    with transaction.atomic():
        Due.objects.update(state="invoiced", done_at=None, paid_won=7)
        assert [(each.what, each.kept_won, each.counted_won) for each in disagreements()] == [
            ("calendar", 7, 100 * MILLION)
        ]
        assert check_royalty_ledger() == 1
        with pytest.raises(CommandError, match="1 sums"):
            call_command("check_royalty_ledger")
        transaction.set_rollback(True)
    assert made.invoice.number == "I2026000001"


def test_days_are_those_of_korea():
    """One minute after midnight in Korea is still the day before in UTC."""
    late = datetime.datetime(2026, 12, 31, 15, 1, tzinfo=datetime.UTC)
    assert invoiced(at=late).number == "I2027000001"


def test_a_late_payment_locks_its_contract_with_one_strength():
    """A lock that grows within a transaction is where two of them wait for each other."""
    late_rules()
    invoice = invoiced(due(due_on=TODAY - 30 * DAY), at=NOW - 31 * DAY)
    receipt, by = received(invoice.contract.holder), staff(invoice.contract.holder)
    with CaptureQueriesContext(connection) as asked:
        made = assign(receipt=receipt, invoice=invoice, by=by, at=NOW)
        undo_assignment(allocation=made, reason="x", by=by, at=NOW)
        cancel_invoice(invoice=invoice, reason="x", by=by, at=NOW)
    locks = [query["sql"] for query in asked if 'FROM "deals_contract"' in query["sql"] and " FOR " in query["sql"]]
    assert len(locks) == 6  # assigning and charging, taking back and crediting, cancelling and settling
    assert all("FOR NO KEY UPDATE" in sql for sql in locks)
    assert LateCharge.objects.count() == 2
