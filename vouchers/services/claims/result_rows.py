"""What a result file of the treasury says, row by row: pure, without the database.

No treasury has published a format: the file is the one we gave out, with result, day and text filled in (assumption).
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.core.errors import DomainError
from marketplace.core.text import tidy
from vouchers.enums.claims import PaymentState

RESULTS = {
    "paid": PaymentState.PAID, "지급": PaymentState.PAID, "支付": PaymentState.PAID,
    "failed": PaymentState.FAILED, "실패": PaymentState.FAILED, "失败": PaymentState.FAILED,
    "returned": PaymentState.RETURNED, "반려": PaymentState.RETURNED, "退回": PaymentState.RETURNED,
}  # fmt: skip
NEEDED = ("payment", "amount_won", "result", "day")
LONGEST_TEXT = 500
MOST_ROWS = 2_000


@dataclass(frozen=True)
class RowProblem:
    """`row` counts as a spreadsheet does, the header is 1; `why` says what to do about `value` in `field`."""

    row: int
    field: str
    value: str
    why: str


class BadResultFile(DomainError):
    """Nothing of it was read in: each problem names its row and field."""

    code = "bad_result_file"

    def __init__(self, problems: list[RowProblem]) -> None:
        first = problems[0]
        super().__init__(
            ngettext(
                "Nothing was read in: %(count)d problem. Row %(row)d, %(field)s: %(why)s",
                "Nothing was read in: %(count)d problems. Row %(row)d, %(field)s: %(why)s",
                len(problems),
            )
            % {"count": len(problems), "row": first.row, "field": first.field, "why": first.why},
            field="file",
        )
        self.problems = problems


@dataclass(frozen=True)
class ResultRow:
    row: int
    payment: UUID
    amount_won: int
    state: PaymentState
    day: date
    text: str


def read_rows(content: bytes) -> list[ResultRow]:
    """All rows, or `BadResultFile` with everything that is wrong. A row whose result is empty is left out."""
    problems: list[RowProblem] = []
    rows: list[ResultRow] = []
    first_at: dict[UUID, int] = {}
    for number, cells in _cells(content):
        if not cells.get("result"):
            continue
        found = list(_problems_of(number, cells))
        problems += found
        if found:
            continue
        payment = UUID(cells["payment"])
        if payment in first_at:
            why = _("This payment stands in row %(row)d already. Keep one of them.") % {"row": first_at[payment]}
            problems.append(RowProblem(number, "payment", cells["payment"], why))
        first_at.setdefault(payment, number)
        state = RESULTS[cells["result"].casefold()]
        day, won = date.fromisoformat(cells["day"]), int(cells["amount_won"].replace(",", ""))
        rows.append(ResultRow(number, payment, won, state, day, tidy(cells.get("text", ""))[:LONGEST_TEXT]))
    if problems:
        raise BadResultFile(problems)
    if not rows:
        raise BadResultFile([RowProblem(1, "result", "", _("No row says what came of it. Fill in “result”."))])
    return rows


def _cells(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        if missing := [name for name in NEEDED if name not in header]:
            why = _("The first row has to name the columns; missing: %(names)s.") % {"names": ", ".join(missing)}
            raise BadResultFile([RowProblem(1, missing[0], "", why)])
        for number, row in enumerate(reader, start=2):
            if number > MOST_ROWS + 1:
                why = _("At most %(most)d rows.") % {"most": MOST_ROWS}
                raise BadResultFile([RowProblem(number, "payment", "", why)])
            if any(cell.strip() for cell in row):
                yield number, dict(zip(header, (cell.strip() for cell in row), strict=False))
    except csv.Error as error:
        raise BadResultFile([RowProblem(reader.line_num, "payment", "", str(error))]) from None


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadResultFile([RowProblem(1, "payment", "", _("The file is no text. Save it as CSV (UTF-8)."))])


def _problems_of(row: int, cells: dict[str, str]) -> Iterator[RowProblem]:
    checks = (
        ("payment", _is_uuid, _("This is no payment of ours. Leave this column as we gave it out.")),
        ("amount_won", _is_won, _("Write whole won in figures, like 12,000,000.")),
        ("result", lambda value: value.casefold() in RESULTS, _("Write paid, failed or returned.")),
        ("day", _is_day, _("Write the day as 2026-03-02.")),
    )
    for name, fits, why in checks:
        value = cells.get(name, "")
        if not fits(value):
            yield RowProblem(row, name, value[:200], why)


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _is_won(value: str) -> bool:
    plain = value.replace(",", "")
    return plain.isascii() and plain.isdigit() and len(plain) <= 15


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
