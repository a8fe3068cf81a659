"""CSV and XLSX that open well in Korean Excel and cannot carry a formula (lessons F34, F50)."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from marketplace.core.pagination import CEILING

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: Any) -> Any:
    """Numbers as they are; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    yield BOM
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow([safe_cell(v) for v in row])
        yield line.getvalue()


def csv_response(name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """A download called `name` of `rows` (header first)."""
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return response


def xlsx_cell(sheet: Any, value: Any, *, bold: bool = False) -> WriteOnlyCell:
    """Text is text, whatever it begins with (lessons F34)."""
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", safe_cell(value))
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"
    elif hasattr(value, "isoformat"):
        cell.number_format = "yyyy-mm-dd"
    if bold:
        cell.font = Font(bold=True)
    return cell


def xlsx_response(name: str, title: str, rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A download called `name` of one sheet: `rows`, the header first. Made in memory, so for some thousand rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for place, row in enumerate(rows):
        sheet.append([xlsx_cell(sheet, value, bold=place == 0) for value in row])
    file = io.BytesIO()
    book.save(file)
    response = HttpResponse(file.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return response


def download(request: HttpRequest, name: str, title: str, rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """`rows`, the header first, as CSV; with `?format=xlsx` as XLSX, of the first 10,000. `name` gets the day."""
    dated = f"{name}-{timezone.localdate():%Y%m%d}"
    if request.GET.get("format") == "xlsx":
        return xlsx_response(f"{dated}.xlsx", title, islice(rows, CEILING + 1))
    return csv_response(f"{dated}.csv", rows)
