"""CSV and XLSX that open well in Korean Excel and cannot carry a formula (lessons F34, F50)."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
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


def cut(rows: Iterable[Iterable[Any]], most: int | None, why: str) -> Iterator[Iterable[Any]]:
    """The header and at most `most` rows; where there are more, a last line says so (lessons F54: no hidden ceiling).

    `why` is words, not lazy ones: the rows of a stream are made when the reader's language is no longer active.
    """
    for place, row in enumerate(rows):
        if most is not None and place > most:
            yield [why]
            return
        yield row


def _narrow(most: int | None) -> str:
    words = _("Only the first %(most)s rows are in this file. Narrow the list for the others.")
    return words % {"most": f"{most or 0:,}"}


def csv_response(name: str, rows: Iterable[Iterable[Any]], *, most: int | None = None) -> StreamingHttpResponse:
    """A download called `name` of `rows` (header first), or of the first `most` of them, which it then says."""
    response = StreamingHttpResponse(csv_lines(cut(rows, most, _narrow(most))), content_type="text/csv; charset=utf-8")
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


def xlsx_response(
    name: str, title: str, rows: Iterable[Iterable[Any]], *, most: int | None = None, why: str = ""
) -> HttpResponse:
    """A download called `name` of one sheet: `rows`, the header first, or the first `most` and a line that says `why`.

    Made in memory, so for some thousand rows.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for place, row in enumerate(cut(rows, most, why or _narrow(most))):
        sheet.append([xlsx_cell(sheet, value, bold=place == 0) for value in row])
    file = io.BytesIO()
    book.save(file)
    response = HttpResponse(file.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return response


def download(
    request: HttpRequest, name: str, title: str, rows: Iterable[Iterable[Any]], *, most: int | None = None
) -> HttpResponseBase:
    """`rows`, the header first, as CSV, the first `most` where it is given; with `?format=xlsx` as XLSX, of the first
    10,000. What is not all says so in its last line. `name` gets the day.
    """
    dated = f"{name}-{timezone.localdate():%Y%m%d}"
    if request.GET.get("format") == "xlsx":
        all_in_csv = _("Only the first %(most)s rows are in this file. The CSV has all of them.") % {
            "most": f"{CEILING:,}"
        }
        why = all_in_csv if most is None else ""
        return xlsx_response(f"{dated}.xlsx", title, rows, most=most or CEILING, why=why)
    return csv_response(f"{dated}.csv", rows, most=most)
