"""CSV and its relatives: comma, semicolon, tab or bar, in any encoding."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import BinaryIO

from tech_listings.ingest.problems import FileProblem
from tech_listings.ingest.tables import MAX_CELL, Format, Table, build

DELIMITERS = (",", "\t", ";", "|")
SNIFFED_CHARACTERS = 1 << 16
csv.field_size_limit(10 * MAX_CELL)


def open_delimited(file: BinaryIO, encoding: str) -> Table:
    """Rows number as a spreadsheet shows them: a line break inside a cell starts no new row."""
    text = io.TextIOWrapper(_Uncloseable(file), encoding=encoding, errors="replace", newline="")
    sample = text.read(SNIFFED_CHARACTERS)
    text.seek(0)
    delimiter = sniff_delimiter(sample)
    make = partial(Table, format=Format.DELIMITED, encoding=encoding, delimiter=delimiter)
    return build(_numbered(text, delimiter), strict_width=True, make=make)


class _Uncloseable(io.BufferedReader):
    """The caller's file must survive the text layer that is dropped on top of it."""

    def __init__(self, file: BinaryIO) -> None:
        raw = file if isinstance(file, io.RawIOBase) else _Raw(file)
        super().__init__(raw, buffer_size=1 << 18)  # type: ignore[type-var]

    def close(self) -> None:
        pass


class _Raw(io.RawIOBase):
    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()


def sniff_delimiter(sample: str) -> str:
    """The delimiter whose rows agree best on a number of cells above one."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            rows = [r for r in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 100) if r]
        except csv.Error:
            continue
        widths = Counter(len(r) for r in rows[:-1] or rows)
        width, agreeing = max(widths.items(), key=lambda item: (item[1] * min(item[0], 2), item[0]), default=(1, 0))
        score = agreeing / max(1, sum(widths.values())) * min(width, 4) if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _numbered(text: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(text, delimiter=delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, cells
    except csv.Error:
        raise FileProblem("quote_not_closed", line=number + 1) from None
