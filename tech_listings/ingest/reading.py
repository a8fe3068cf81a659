"""Open a file of any accepted kind as a `Table`. The content decides, not the name."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tech_listings.ingest.delimited import open_delimited
from tech_listings.ingest.encodings import detect_encoding
from tech_listings.ingest.json_files import open_json, open_jsonl
from tech_listings.ingest.kipris import open_xml
from tech_listings.ingest.problems import FileProblem
from tech_listings.ingest.tables import Format, Table
from tech_listings.ingest.workbooks import open_workbook, refuse_archive

MAX_BYTES = 200 * 1024 * 1024
OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "GZIP"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"SQLite format 3", "SQLite"),
    (b"{\\rtf", "RTF"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90", "EXE"),
)
TEXT_READERS: dict[Format, Callable[[BinaryIO, str], Table]] = {
    Format.KIPRIS_XML: open_xml,
    Format.JSON: open_json,
    Format.JSONL: open_jsonl,
    Format.DELIMITED: open_delimited,
}
HTML = re.compile(rb"^\s*(?:<!doctype html|<html)", re.IGNORECASE)


def open_table(source: BinaryIO | bytes | Path, *, name: str = "", format: Format | None = None) -> Table:
    """The columns and rows of `source`, read as they are asked for. The caller keeps the file open meanwhile.

    `format` None: recognised from the content.

    Raises:
        FileProblem: the file as a whole cannot be taken.
    """
    if isinstance(source, Path):
        name = name or source.name
        source = source.open("rb")
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size == 0:
        raise FileProblem("empty_file")
    if size > MAX_BYTES:
        raise FileProblem("too_large", have=size >> 20, want=MAX_BYTES >> 20)
    head = file.read(4096)
    file.seek(0)
    refuse_other_kinds(head, name)
    if head.startswith(b"PK"):
        _insist(format, Format.XLSX)
        refuse_archive(file, name)
        return open_workbook(file)
    encoding, damaged = detect_encoding(file)
    seen = recognise_text(head, encoding)
    if format is Format.DELIMITED and seen is not Format.KIPRIS_XML:
        seen = Format.DELIMITED  # a first cell may begin with a bracket
    _insist(format, seen)
    table = TEXT_READERS[seen](file, encoding)
    table.damaged = damaged
    return table


def refuse_other_kinds(head: bytes, name: str) -> None:
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem("old_excel", name=name)
    for magic, kind in OTHER_KINDS:
        if head.startswith(magic):
            raise FileProblem("not_a_table", name=name, kind=kind)
    if HTML.match(head):
        raise FileProblem("not_a_table", name=name, kind="HTML")


def recognise_text(head: bytes, encoding: str) -> Format:
    text = head.decode(encoding, "ignore").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return Format.KIPRIS_XML
    if text.startswith("{"):
        return Format.JSONL
    if text.startswith("["):
        return Format.JSON
    return Format.DELIMITED


def _insist(asked: Format | None, seen: Format) -> None:
    text = {Format.JSON, Format.JSONL}
    if asked is not None and asked is not seen and not (asked in text and seen in text):
        raise FileProblem("wrong_format", want=asked.value.upper(), have=seen.value.upper())
