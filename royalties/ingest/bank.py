"""Read a statement of an account as a bank gives it (CSV, XLSX). Deposits are taken, withdrawals counted only.

Banks name their columns each in their own way: known ones are found by their words, in any order.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError
from tech_listings.ingest import values
from tech_listings.ingest.known_fields import IN_BRACKETS, header_key
from tech_listings.ingest.problems import BadValue, RowProblem, problem, storable
from tech_listings.ingest.reading import open_table
from tech_listings.ingest.tables import Row

MOST_ROWS = 5_000
MOST_WON = 10**13
LONGEST = 200
WORDS = {
    "booked_on": "거래일시 거래일자 거래일 거래년월일 입금일 입금일자 일자 날짜 date bookedon transactiondate",
    "deposit": "입금 입금액 입금금액 맡기신금액 맡긴금액 받은금액 credit deposit amountin depositamount",
    "withdrawal": "출금 출금액 출금금액 찾으신금액 찾은금액 보낸금액 지급금액 debit withdrawal amountout",
    "payer": "의뢰인 의뢰인명 입금자 입금자명 보낸분 보낸사람 상대계좌예금주명 거래기록사항 기재내용 내용 payer name",
    "memo": "적요 메모 통장메모 거래내용 비고 거래메모 memo description remark note",
    "reference": "거래번호 거래고유번호 거래일련번호 일련번호 transactionid reference referenceno",
    "balance": "잔액 거래후잔액 잔고 balance",
}
BY_KEY = {header_key(word): name for name, known in WORDS.items() for word in known.split()}
NEEDED = ("booked_on", "deposit")


class NotAStatement(DomainError):
    """The file has not the columns of a statement."""

    code = "not_a_statement"


@dataclass(frozen=True)
class BankLine:
    """A deposit. `key` tells it from every other one of the same account, in this file and in the next: equal lines of
    a day are told apart by the balance or the bank's number, else by which of them it is.
    """

    row: int
    booked_on: date
    amount_won: int
    payer: str
    memo: str
    reference: str
    key: str


@dataclass
class Statement:
    """`problems` are rows that could not be read, `other_rows` those that are no deposits."""

    lines: list[BankLine] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    other_rows: int = 0


@lru_cache(maxsize=1024)
def field_of(header: str) -> str | None:
    """What a column holds, by its header; None for one that is not needed."""
    return BY_KEY.get(header_key(header)) or BY_KEY.get(header_key(IN_BRACKETS.sub("", header)))


def read_statement(file: BinaryIO | bytes | Path, *, today: date, name: str = "") -> Statement:
    """Every deposit in the file up to `today`; one of a day to come is a problem of its row.

    Raises `FileProblem` and `NotAStatement` where the file as a whole cannot be taken.
    """
    table = open_table(file, name=name)
    places: dict[str, int] = {}
    for column in table.columns:
        if found := field_of(column.name):
            places.setdefault(found, column.index)
    if any(needed not in places for needed in NEEDED):
        raise NotAStatement(
            _("A statement has a column with the day (거래일) and one with the deposit (입금액). They were not found."),
            field="file",
        )
    statement, seen = Statement(), Counter[str]()
    for row in table.rows():
        if len(statement.lines) + len(statement.problems) >= MOST_ROWS:
            raise NotAStatement(_("At most %(most)s deposits at once.") % {"most": f"{MOST_ROWS:,}"}, field="file")
        _read_row(row, places, today, statement, seen)
    return statement


def _read_row(row: Row, places: Mapping[str, int], today: date, statement: Statement, seen: Counter[str]) -> None:
    if row.problem:
        statement.problems.append(row.problem)
        return
    cells = dict(_cells(row.cells, places))
    try:
        amount_won = whole_won(cells.get("deposit", ""))
        if not amount_won:
            statement.other_rows += 1
            return
        booked_on = values.date(cells["booked_on"].replace("  ", " "))
    except BadValue as bad:
        name = "booked_on" if bad.code in {"bad_date", "excel_day_number"} else "deposit"
        statement.problems.append(problem(row.number, bad.code, name, bad.part or cells.get(name, "")))
        return
    if booked_on is None:
        statement.problems.append(problem(row.number, "required", "booked_on"))
        return
    if booked_on > today:
        statement.problems.append(problem(row.number, "day_to_come", "booked_on", cells["booked_on"]))
        return
    payer, memo, reference = (plain(cells.get(name, ""))[:LONGEST] for name in ("payer", "memo", "reference"))
    said = "|".join(
        [str(booked_on), str(amount_won), payer, memo, reference, re.sub(r"\D", "", cells.get("balance", ""))]
    )
    seen[said] += 1
    key = hashlib.sha256(f"{said}|{seen[said]}".encode()).hexdigest()
    statement.lines.append(BankLine(row.number, booked_on, amount_won, payer, memo, reference, key))


def _cells(cells: Sequence[str], places: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    for name, place in places.items():
        yield name, cells[place].strip()


def plain(text: str) -> str:
    """One line, composed, without what surrounds it, and without what the database cannot keep."""
    return storable(" ".join(unicodedata.normalize("NFKC", text).split()))


def whole_won(text: str) -> int:
    """`1,100,000`, `1,100,000원`; 0 for an empty cell. Raises `BadValue` for a fraction of a won, or less than 0."""
    bare = re.sub(r"[\s,₩￦]|원$|^KRW", "", unicodedata.normalize("NFKC", text)).strip()
    if not bare or bare in {"-", "0"}:
        return 0
    bare = re.sub(r"\.0+$", "", bare)
    if not bare.isascii() or not bare.isdigit() or int(bare) > MOST_WON:
        raise BadValue("bad_amount", text)
    return int(bare)
