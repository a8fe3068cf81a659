"""Which invoice a deposit pays."""

import datetime

import pytest

from royalties.enums.income import MatchKind
from royalties.ingest.bank import BankLine
from royalties.ingest.matching import Match, OpenInvoice, is_payer, match_lines, name_key, numbers_in

DAY = datetime.date(2026, 11, 2)
ONE = OpenInvoice(1, "I20260000001", ("(주)푸른솔", "Pureunsol Co., Ltd."), 11_000_000)
TWO = OpenInvoice(2, "I20260000002", ("주식회사 바른열", "Bareunyeol Inc."), 5_500_000)
THREE = OpenInvoice(3, "I20260000003", ("주식회사 바른열", "Bareunyeol Inc."), 3_300_000)


def line(amount_won, payer="", memo="", reference=""):
    return BankLine(2, DAY, amount_won, payer, memo, reference, "k")


def found(*lines, invoices=(ONE, TWO, THREE)):
    return match_lines(lines, invoices)


@pytest.mark.parametrize(
    ("deposit", "pk", "kind"),
    [
        (line(11_000_000, "푸른솔", "I20260000001"), 1, MatchKind.REFERENCE),
        (line(1, "누구", "기술료 i2026-000-0001"), 1, MatchKind.REFERENCE),
        (line(99_000_000, reference="I20260000002"), 2, MatchKind.REFERENCE),
        (line(1, "", "I20260000001 I20260000002"), None, ""),
        (line(11_000_000, "㈜푸른솔"), 1, MatchKind.PAYER_AND_SUM),
        (line(5_500_000, "바른열"), 2, MatchKind.PAYER_AND_SUM),
        (line(3_300_000, "", "주식회사바른열"), 3, MatchKind.PAYER_AND_SUM),
        (line(4_000_000, "푸른솔"), 1, MatchKind.PAYER),
        (line(4_000_000, "바른열"), None, ""),
        (line(3_300_000, "모르는사람"), 3, MatchKind.SUM),
        (line(4_000_000, "모르는사람"), None, ""),
    ],
)
def test_number_then_payer_and_sum_then_one_sign_alone(deposit, pk, kind):
    assert found(deposit) == [Match(pk, kind)]


def test_two_signs_are_certain_and_one_is_a_suggestion():
    kinds = {kind: Match(1, kind).is_certain for kind in MatchKind.values}
    assert kinds == {"reference": True, "payer_and_sum": True, "payer": False, "sum": False, "hand": False}


def test_what_an_earlier_line_paid_is_not_paid_again():
    first, second = found(line(11_000_000, "푸른솔"), line(11_000_000, "푸른솔"))
    assert (first.pk, second.pk) == (1, None)


def test_parts_of_an_invoice_are_its_own_as_long_as_something_is_open():
    paid = found(line(6_000_000, "푸른솔", "I20260000001"), line(5_000_000, "푸른솔"), line(1, "푸른솔"))
    assert [(m.pk, m.kind) for m in paid] == [
        (1, MatchKind.REFERENCE), (1, MatchKind.PAYER_AND_SUM), (None, ""),
    ]  # fmt: skip


def test_a_paid_invoice_is_still_found_by_its_number():
    paid = OpenInvoice(1, ONE.number, ONE.payer_names, 0)
    assert found(line(5, memo=ONE.number), invoices=[paid]) == [Match(1, MatchKind.REFERENCE)]
    assert found(line(5, "푸른솔"), invoices=[paid]) == [Match()]


def test_two_firms_with_the_same_open_sum_are_not_guessed():
    other = OpenInvoice(4, "I20260000004", ("한빛",), 3_300_000)
    assert found(line(3_300_000, "모르는사람"), invoices=[THREE, other]) == [Match()]


@pytest.mark.parametrize(
    ("text", "name", "is_it"),
    [
        ("푸른솔", "(주)푸른솔", True),
        ("푸른솔소재기", "주식회사 푸른솔소재기술", True),
        ("푸른", "푸른솔소재기술", False),
        ("PUREUNSOL", "Pureunsol Co., Ltd.", True),
        ("푸", "푸", False),
        ("", "푸른솔", False),
        ("incheon", "Incheon Tech", True),
        ("코퍼", "코퍼", True),
    ],
)
def test_a_payer_is_known_by_name_or_its_beginning(text, name, is_it):
    assert is_payer(text, [name]) is is_it


def test_legal_forms_make_no_difference():
    assert len({name_key(name) for name in ("(주)푸른솔", "㈜ 푸른솔", "주식회사 푸른솔", "푸른솔 Co., Ltd.")}) == 1


def test_numbers_are_found_however_a_bank_writes_them():
    assert numbers_in(line(1, "i2026-000-001", "기술료 I2026 000002", "II2026000003")) == {
        "I2026000001",
        "I2026000002",
        "I2026000003",
    }
    assert numbers_in(line(1, "푸른솔", "2026000001")) == set()
