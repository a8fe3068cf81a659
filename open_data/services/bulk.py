"""Bulk files: everything public of a collection as it was in one moment, and the cursor that goes on from there."""

import csv
import gzip
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from marketplace.core.exports import safe_cell
from open_data.enums import BulkFormat, Collection
from open_data.models import BulkFile
from open_data.queries.cursors import LAST, Position
from open_data.queries.records import FIELDS, all_records

KEPT = timedelta(days=14)
SUFFIX = {BulkFormat.JSONL: "jsonl.gz", BulkFormat.CSV: "csv.gz"}
BUSY = 0x0DA7A
"""Of the advisory lock: one run at a time."""


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "open_data"


def path_of(name: str) -> Path:
    return folder() / Path(name).name


@dataclass
class Written:
    rows: int = 0
    size: int = 0
    sha256: str = ""


class Hashed(io.RawIOBase):
    """Counts and hashes what is written through it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self.file.write(data)


def make_bulk(*, at: datetime) -> list[BulkFile]:
    """All files of this moment, each there as a whole or not at all; those older than `KEPT` go. None while another
    run is at it.
    """
    made: list[BulkFile] = []
    folder().mkdir(parents=True, exist_ok=True)
    for collection in Collection:
        made += _make(collection, at)
    drop_old(at=at)
    return made


def _make(collection: Collection, at: datetime) -> list[BulkFile]:
    stamp = f"{timezone.localtime(at):%Y%m%dT%H%M%S}"
    names = {form: f"{collection}-{stamp}.{SUFFIX[form]}" for form in BulkFormat}
    with _one_moment() as snapshot:
        if snapshot is None:
            return []
        position = Position(collection.value, int(snapshot.split(":")[0]) - 1, LAST, snapshot)
        written = _write(collection, names)
    return [
        BulkFile.objects.create(
            collection=collection, format=form, name=names[form], size=written[form].size,
            sha256=written[form].sha256, rows=written[form].rows, cursor=position.text, taken_at=at,
        )
        for form in BulkFormat
    ]  # fmt: skip


@contextmanager
def _one_moment() -> Iterator[str | None]:
    """A transaction that sees one moment, and which: a `pg_snapshot`. None where another run is under way."""
    alone = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if alone:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s), pg_current_snapshot()::text", [BUSY])
        free, snapshot = cursor.fetchone()
        yield snapshot if free else None


def _write(collection: Collection, names: dict[BulkFormat, str]) -> dict[BulkFormat, Written]:
    """Both files from one reading. Under their names only when they are whole."""
    with ExitStack() as stack:
        raw = {form: stack.enter_context(_whole_or_nothing(path_of(name))) for form, name in names.items()}
        hashed = {form: Hashed(file) for form, file in raw.items()}
        rows = 0
        with ExitStack() as packing:
            text = {
                form: packing.enter_context(
                    io.TextIOWrapper(gzip.GzipFile(fileobj=sink, mode="wb", mtime=0, filename=""), "utf-8", newline="")
                )
                for form, sink in hashed.items()
            }
            table = csv.writer(text[BulkFormat.CSV], lineterminator="\r\n")
            table.writerow(FIELDS[collection])
            for record in all_records(collection):
                text[BulkFormat.JSONL].write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
                table.writerow([_cell(record[name]) for name in FIELDS[collection]])
                rows += 1
        return {form: Written(rows, sink.size, sink.digest.hexdigest()) for form, sink in hashed.items()}


@contextmanager
def _whole_or_nothing(path: Path) -> Iterator[BinaryIO]:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
        try:
            yield file  # type: ignore[misc]
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _cell(value: Any) -> Any:
    """What is no plain value stands in the cell as JSON."""
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return safe_cell(value)


def drop_old(*, at: datetime) -> int:
    """Files past `KEPT` go, the row first, and what a run that died left behind. How many."""
    old = BulkFile.objects.filter(taken_at__lt=at - KEPT)
    names = list(old.values_list("name", flat=True))
    old.delete()
    for name in names:
        path_of(name).unlink(missing_ok=True)
    known = set(BulkFile.objects.values_list("name", flat=True))
    for left in folder().iterdir():
        if left.name not in known and left.stat().st_mtime < (at - timedelta(days=1)).timestamp():
            left.unlink(missing_ok=True)
    return len(names)
