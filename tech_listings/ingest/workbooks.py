"""XLSX, read row by row. A workbook is a zip: what it would unpack to is checked before anything is unpacked."""

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO

from openpyxl import load_workbook

from tech_listings.ingest.known_fields import recognised
from tech_listings.ingest.problems import FileProblem
from tech_listings.ingest.tables import Format, Table, build, cell_text, clean_header

LAST_ROW = 1_048_576
MAX_UNPACKED = 600 * 1024 * 1024
MAX_RATIO = 200
RATIO_FROM = 20 * 1024 * 1024


def refuse_archive(file: BinaryIO, name: str) -> None:
    """Raise `FileProblem` unless the zip is a workbook of a sane size."""
    size = file.seek(0, io.SEEK_END)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise FileProblem("broken_workbook") from None
    if not any(m.filename in {"xl/workbook.xml", "xl/workbook.bin"} for m in members):
        if any(m.filename in {"EncryptedPackage", "EncryptionInfo"} for m in members):
            raise FileProblem("password")
        raise FileProblem("archive", name=name)
    unpacked = sum(m.file_size for m in members)
    if unpacked > MAX_UNPACKED or (unpacked > RATIO_FROM and unpacked > MAX_RATIO * size) or len(members) > 5000:
        raise FileProblem("zip_bomb", have=unpacked >> 20, want=MAX_UNPACKED >> 20)
    file.seek(0)


def open_workbook(file: BinaryIO) -> Table:
    """The visible sheet whose first rows hold most known names; formulas come as their saved results."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns about styles and extensions that we do not read
        try:
            book = load_workbook(file, read_only=True, data_only=True)
        except Exception:  # what a damaged part makes of itself in zipfile, zlib, expat and openpyxl has no end
            raise FileProblem("broken_workbook") from None
    sheets = [s for s in book.worksheets if getattr(s, "sheet_state", "visible") == "visible"]
    if not sheets:
        raise FileProblem("empty_file")
    sheet = max(sheets, key=_known_names)
    # A wrong <dimension> makes openpyxl stop early: let it find the end by itself.
    sheet.reset_dimensions()
    make = partial(Table, format=Format.XLSX, sheet=sheet.title)
    return build(_numbered(sheet), strict_width=False, make=make)


def _known_names(sheet: Any) -> int:
    best = 0
    for row in _guarded(sheet.iter_rows(max_row=30, values_only=True)):
        texts = [clean_header(cell_text(cell)) for cell in row if cell is not None]
        best = max(best, sum(100 for t in texts if recognised(t)) + min(len(texts), 50))
    return best


def _guarded(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield from rows
    except Exception:  # as in `open_workbook`
        raise FileProblem("broken_workbook") from None


def _numbered(sheet: Any) -> Iterator[tuple[int, Sequence[str]]]:
    for number, row in enumerate(_guarded(sheet.iter_rows(values_only=True)), start=1):
        if number > LAST_ROW:  # a row may claim any number; the reader makes up the empty ones before it
            raise FileProblem("too_many_rows", want=LAST_ROW)
        cells = [c if c.__class__ is str else _workbook_text(c) for c in row]
        while cells and not cells[-1]:
            cells.pop()
        yield number, cells


def _workbook_text(value: Any) -> str:
    if isinstance(value, datetime.time | datetime.timedelta):
        return str(value)
    return cell_text(value).replace("_x000D_", "")
