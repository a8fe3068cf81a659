"""Rows of a frozen month: JSON lines under gzip, and their hash. Written once, by `services.figures.freeze`."""

import gzip
import hashlib
import io
import json
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

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

    def add(self, row: KeptRow) -> None:
        given = [row.part, row.label, row.institute, row.day.isoformat(), row.amount]
        line = json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._hash.update(line)
        self._zip.write(line)
        self.count += 1

    def close(self) -> tuple[bytes, str]:
        """The packed rows, and the SHA-256 of what they are unpacked."""
        self._zip.close()
        return self._file.getvalue(), self._hash.hexdigest()


def unpack(data: bytes) -> Iterable[KeptRow]:
    with gzip.open(io.BytesIO(data), "rt", encoding="utf-8") as lines:
        for line in lines:
            part, label, institute, day, amount = json.loads(line)
            yield KeptRow(part, label, institute, date.fromisoformat(day), amount)


def kept_rows(snapshot: Snapshot, part: str) -> list[KeptRow]:
    """The rows of one part in their order."""
    kept = SnapshotRows.objects.get(snapshot=snapshot)
    return [row for row in unpack(bytes(kept.data)) if row.part == part]
