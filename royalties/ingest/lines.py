"""Lines of a sales statement as a firm gives them: a CSV or XLSX of products with what was sold and deducted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError
from royalties.ingest.bank import plain, whole_won
from tech_listings.ingest.known_fields import IN_BRACKETS, header_key
from tech_listings.ingest.problems import BadValue, RowProblem, problem
from tech_listings.ingest.reading import open_table
from tech_listings.ingest.tables import Row

MOST_LINES = 2_000
LONGEST = 200
COLUMNS = ("product", "quantity", "sales_won", "deductions_won")
WORDS = {
    "product": "제품 제품명 품명 품목 상품 상품명 모델 모델명 product productname item model 产品 产品名称",
    "quantity": "수량 판매수량 quantity qty units 数量",
    "sales_won": "매출 매출액 판매액 판매금액 총매출 총매출액 금액 sales saleswon gross amount 销售额",
    "deductions_won": "공제 공제액 차감액 반품 할인 deductions deductionswon deduction returns 扣除",
}
BY_KEY = {header_key(word): name for name, known in WORDS.items() for word in known.split()}
for _name in COLUMNS:
    BY_KEY.setdefault(header_key(_name), _name)


class NotLines(DomainError):
    """The file has not the columns of lines, or lines that cannot be read."""

    code = "not_sales_lines"


@dataclass
class SalesLines:
    """`rows` as they are kept: product, quantity, sales_won, deductions_won. `problems` name row and column."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)

    @property
    def gross_won(self) -> int:
        return sum(row["sales_won"] for row in self.rows)

    @property
    def deductions_won(self) -> int:
        return sum(row["deductions_won"] for row in self.rows)


@lru_cache(maxsize=1024)
def field_of(header: str) -> str | None:
    return BY_KEY.get(header_key(header)) or BY_KEY.get(header_key(IN_BRACKETS.sub("", header)))


def read_lines(file: BinaryIO | bytes | Path, *, name: str = "") -> SalesLines:
    """Every line of the file. Raises `FileProblem` and `NotLines` where the file as a whole cannot be taken."""
    table = open_table(file, name=name)
    places: dict[str, int] = {}
    for column in table.columns:
        if found := field_of(column.name):
            places.setdefault(found, column.index)
    if "product" not in places or "sales_won" not in places:
        raise NotLines(
            _("The file needs a column with the product (제품명) and one with its sales in won (매출액)."), field="file"
        )
    read = SalesLines()
    for row in table.rows():
        if len(read.rows) >= MOST_LINES:
            raise NotLines(_("At most %(most)s lines at once.") % {"most": f"{MOST_LINES:,}"}, field="file")
        _read_row(row, places, read)
    if not read.rows and not read.problems:
        raise NotLines(_("The file has no line."), field="file")
    return read


def _read_row(row: Row, places: dict[str, int], read: SalesLines) -> None:
    if row.problem:
        read.problems.append(row.problem)
        return
    cells = {name: _cell(row.cells, place) for name, place in places.items()}
    if not any(cells.values()):
        return
    line: dict[str, Any] = {"product": plain(cells.get("product", ""))[:LONGEST], "quantity": 0}
    if not line["product"]:
        read.problems.append(problem(row.number, "required", "product"))
        return
    for column in ("quantity", "sales_won", "deductions_won"):
        try:
            line[column] = whole_won(cells.get(column, ""))
        except BadValue as bad:
            read.problems.append(problem(row.number, bad.code, column, cells.get(column, "")))
            return
    if line["deductions_won"] > line["sales_won"]:
        read.problems.append(problem(row.number, "bad_amount", "deductions_won", cells.get("deductions_won", "")))
        return
    read.rows.append(line)


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""
