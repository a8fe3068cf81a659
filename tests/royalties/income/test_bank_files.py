"""A statement is read, looked at, booked once; what it brought before is known."""

import io

import pytest
from django.urls import reverse

from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.states import IllegalTransition
from royalties.models import Allocation, BankFile, BankRow, Invoice, Posting, Receipt
from royalties.services.income.agree import disagreements
from royalties.services.income.bank import Booked, book_bank_file, discard_bank_file, read_bank_file
from tests.factories.accounts import OrganizationFactory, sign_in
from tests.factories.royalties.income import (
    MILLION,
    NOW,
    TODAY,
    bank_file,
    concluded,
    due,
    invoiced,
    paid,
    staff,
)

HEADER = "거래일,의뢰인,적요,입금액,출금액\n"


def traces():
    models = (BankFile, BankRow, Receipt, Allocation, Invoice, Posting)
    return [list(model.objects.order_by("pk").values()) for model in models]


def lines(*rows):
    return HEADER + "".join(f"{TODAY},{payer},{memo},{won},\n" for payer, memo, won in rows)


def test_what_is_certain_is_assigned_and_the_rest_waits():
    contract = concluded(firm=OrganizationFactory(name="(주)푸른솔소재"))
    by_number = invoiced(due(contract, amount_won=10 * MILLION))
    by_sum = invoiced(due(contract, key="b", amount_won=20 * MILLION))
    text = lines(
        ("누군가", by_number.number, 11 * MILLION),
        ("푸른솔소재", "", 22 * MILLION),
        ("푸른솔소재", "", 5),
        ("모르는 이", "", 7),
    )
    file = bank_file(contract.holder, text=text + f"{TODAY},카드,,,900\n{TODAY},틀림,,백,\n")
    assert (file.other_rows, [found["row"] for found in file.problems]) == (1, [7])
    assert not Receipt.objects.exists()
    kinds = list(file.rows.order_by("row").values_list("match_kind", flat=True))
    assert kinds == ["reference", "payer_and_sum", "", ""]

    assert book_bank_file(file=file, by=staff(contract.holder), at=NOW) == Booked(4, 2, 0)
    assert list(Invoice.objects.order_by("pk").values_list("state", flat=True)) == ["paid", "paid"]
    assert Receipt.objects.open().count() == 2
    assert by_sum.allocations.get().match_kind == "payer_and_sum"
    assert list(disagreements()) == []


def test_more_than_the_invoice_waits_on_the_receipt_and_less_leaves_it_open():
    contract = concluded()
    first, second = invoiced(due(contract)), invoiced(due(contract, key="b"))
    text = lines(("A", first.number, 120 * MILLION), ("B", second.number, 30 * MILLION))
    book_bank_file(file=bank_file(contract.holder, text=text), by=staff(contract.holder), at=NOW)
    assert list(Receipt.objects.order_by("pk").values_list("amount_won", "allocated_won", "state")) == [
        (120 * MILLION, 110 * MILLION, "open"), (30 * MILLION, 30 * MILLION, "done"),
    ]  # fmt: skip
    assert list(Invoice.objects.order_by("pk").values_list("state", "paid_won")) == [
        ("paid", 110 * MILLION), ("issued", 30 * MILLION),
    ]  # fmt: skip


def test_the_same_file_and_the_same_lines_are_not_booked_twice():
    holder = OrganizationFactory(institute=True)
    by, text = staff(holder), lines(("A", "", 5), ("A", "", 5))
    file = bank_file(holder, by=by, text=text)
    again = read_bank_file(holder=holder, file=io.BytesIO(text.encode()), name="x.csv", by=by, at=NOW)
    assert (again.file, again.is_new) == (file, False)
    longer = bank_file(holder, by=by, text=text + f"{TODAY},B,,6,\n")
    assert book_bank_file(file=file, by=by, at=NOW) == Booked(2, 0, 0)
    assert book_bank_file(file=longer, by=by, at=NOW) == Booked(1, 0, 2)
    third = bank_file(holder, by=by, text=text + f"{TODAY},B,,6,\n{TODAY},C,,7,\n")
    assert list(third.rows.order_by("row").values_list("is_known", flat=True)) == [True, True, True, False]
    before = traces()
    with pytest.raises(IllegalTransition):
        book_bank_file(file=file, by=by, at=NOW)
    assert traces() == before


def test_a_discarded_file_books_nothing_and_may_be_sent_again():
    holder = OrganizationFactory(institute=True)
    file, by = bank_file(holder), staff(holder)
    discard_bank_file(file=file, by=by, at=NOW)
    with pytest.raises(IllegalTransition):
        book_bank_file(file=file, by=by, at=NOW)
    assert not Receipt.objects.exists()
    assert bank_file(holder, by=by) != file


def test_an_invoice_that_was_paid_meanwhile_is_not_paid_again():
    invoice = invoiced()
    holder = invoice.contract.holder
    file = bank_file(holder, memo=invoice.number, amount_won=110 * MILLION)
    paid(invoice)
    assert book_bank_file(file=file, by=staff(holder), at=NOW) == Booked(1, 0, 0)
    assert Receipt.objects.open().get().suggested == invoice


def test_who_may_not_and_what_is_no_statement():
    holder = OrganizationFactory(institute=True)
    file, stranger = bank_file(holder), staff(OrganizationFactory(institute=True))
    before = traces()
    for act in (
        lambda: read_bank_file(holder=holder, file=io.BytesIO(b"x"), name="x", by=stranger, at=NOW),
        lambda: book_bank_file(file=file, by=stranger, at=NOW),
        lambda: discard_bank_file(file=file, by=stranger, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()
    for content in (HEADER.encode(), b"a,b\n1,2\n", b"", b"0" * (5 * 1024 * 1024 + 1)):
        with pytest.raises(DomainError) as refused:
            read_bank_file(holder=holder, file=io.BytesIO(content), name="x.csv", by=staff(holder), at=NOW)
        assert refused.value.field == "file"
    assert traces() == before


def test_a_file_with_nothing_new_is_not_offered_to_be_booked(client):
    holder = OrganizationFactory(institute=True)
    by = staff(holder)
    first = bank_file(holder, text=lines(("누군가", "", 5)))
    sign_in(client, by)
    page = reverse("royalties:bank_file", args=[first.public_id])
    assert reverse("royalties:bank_book", args=[first.public_id]) in client.get(page).text
    book_bank_file(file=first, by=by, at=NOW)
    second = bank_file(holder, text=lines(("누군가", "", 5)) + f"{TODAY},카드,,,900\n")
    shown = client.get(reverse("royalties:bank_file", args=[second.public_id])).text
    assert reverse("royalties:bank_book", args=[second.public_id]) not in shown
    assert reverse("royalties:bank_discard", args=[second.public_id]) in shown
    assert "there is nothing to book" in shown
