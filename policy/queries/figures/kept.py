"""Rows of a frozen month: JSON lines under gzip, and their hash. Written once, by `services.figures.freeze`."""

import gzip
import hashlib
import io
import json
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple, overload

from policy.models import Snapshot, SnapshotRows


class KeptRow(NamedTuple):
    """A row as it was: of which part, its number or words, the institute's key, its day and what it counted."""

    part: str
    label: str
    institute: int | None
    day: date
    amount: int


class Packer:
    """Packs rows one by one, so that half a million need no memory of their own."""

    def __init__(self) -> None:
        self._file = io.BytesIO()
        # Without a time in it: the same rows give the same bytes.
        self._zip = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=6, mtime=0)
        self._hash = hashlib.sha256()
        self.count = 0

    def add(self, row: KeptRow) -> bytes:
        """Packs it, and gives what tells it apart within its part (`rows_of`)."""
        given = [row.part, row.label, row.institute, row.day.isoformat(), row.amount]
        line = _encoded(given) + b"\n"
        self._hash.update(line)
        self._zip.write(line)
        self.count += 1
        return _counted(line, row.part)

    def close(self) -> tuple[bytes, str]:
        """The packed rows, and the SHA-256 of what they are unpacked."""
        self._zip.close()
        return self._file.getvalue(), self._hash.hexdigest()


class KeptRows(Sequence[KeptRow]):
    """Some of the packed rows of one part, in their order. Only those that are asked for are made into objects: half a
    million lie as 20 MB of text and the places where their lines begin.

    `without` leaves out rows with one of these labels, `of` all but those of these institutes.
    """

    def __init__(
        self, data: bytes, part: str, *, without: Collection[str] = (), of: Collection[int] | None = None
    ) -> None:
        self._text = gzip.decompress(data)
        mark = _mark(part)
        labels = {_encoded(label) for label in without}
        institutes = None if of is None else {_encoded(key) for key in of}
        self._starts, start = array("Q"), 0
        for line in io.BytesIO(self._text):
            if line.startswith(mark) and _is_wanted(line, len(mark) + 1, labels, institutes):
                self._starts.append(start)
            start += len(line)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, place: int) -> KeptRow: ...
    @overload
    def __getitem__(self, place: slice) -> list[KeptRow]: ...
    def __getitem__(self, place: int | slice) -> KeptRow | list[KeptRow]:
        if isinstance(place, slice):
            return [self._row(start) for start in self._starts[place]]
        return self._row(self._starts[place])

    def start(self, place: int) -> int:
        """Where the row begins in the text: it stays so whatever else of the text is wanted another time."""
        return self._starts[place]

    def after(self, start: int) -> int:
        """The place of the first row that begins behind `start`."""
        return bisect_right(self._starts, start)

    def _row(self, start: int) -> KeptRow:
        part, label, institute, day, amount = json.loads(self._text[start : self._text.index(b"\n", start)])
        return KeptRow(part, label, institute, date.fromisoformat(day), amount)


def rows_of(data: bytes, part: str) -> Counter[bytes]:
    """What the packed rows of one part count, and how often it is there."""
    mark = _mark(part)
    return Counter(_counted(line, part) for line in io.BytesIO(gzip.decompress(data)) if line.startswith(mark))


def adding(rows: Counter[bytes]) -> Counter[bytes]:
    """Those of `rows_of` that add something to a sum."""
    return Counter({row: many for row, many in rows.items() if not row.endswith(b",0")})


def _counted(line: bytes, part: str) -> bytes:
    """Label, institute and amount. Not the day: on another day the same amount makes the same sum."""
    label, institute, _day, amount = line[len(_mark(part)) + 1 : -2].rsplit(b",", 3)
    return b",".join((label, institute, amount))


def _mark(part: str) -> bytes:
    return _encoded([part])[:-1]


def _encoded(given: Any) -> bytes:
    return json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode()


def _is_wanted(line: bytes, begin: int, labels: set[bytes], institutes: set[bytes] | None) -> bool:
    """Read from its end, where no comma stands within a field: a label may hold anything."""
    if not labels and institutes is None:
        return True
    head, institute, _day, _amount = line.rsplit(b",", 3)
    return head[begin:] not in labels and (institutes is None or institute in institutes)


def kept_data(snapshot: Snapshot) -> bytes:
    return bytes(SnapshotRows.objects.get(snapshot=snapshot).data)
