"""Long exports: asked for once, made by a worker, kept a week.

A worker takes an export by writing down that it does (`worked_at`, `attempts`) and makes the file outside of any
transaction, giving signs of life. One that was killed gives none, and the sweep wakes another. Whoever ends later
finds that the export is not theirs any more, and takes their file away again.
"""

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO, Protocol
from uuid import UUID

import structlog
from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.models import field_of
from tech_listings import notices
from tech_listings.enums import EXPORT_STATES, ExportState
from tech_listings.models import ListingExport
from tech_listings.outbox import export_after_commit

logger = structlog.get_logger(__name__)

KEPT = timedelta(days=7)
QUIET = timedelta(minutes=2)
"""No sign of life for so long: the worker is lost."""

UNTAKEN = timedelta(seconds=30)
"""Nobody began for so long: the wake-up is lost."""

MOST_ATTEMPTS = 3
MOST_WAITING = 5
LONGEST_QUERY = 20_000


class TooManyWaiting(Conflict):
    code = "too_many_exports"


class QueryTooLong(DomainError):
    code = "query_too_long"


class Superseded(Exception):
    """Another worker has the export now, or it is gone."""


class Result(Protocol):
    @property
    def rows(self) -> int: ...
    @property
    def is_cut(self) -> bool: ...
    @property
    def name(self) -> str: ...


Writer = Callable[[ListingExport, IO[bytes], Callable[[int], None], datetime], Result]
"""Writes the file of an export, calls back with the rows done, takes the moment it is made at."""


@transaction.atomic
def request_export(
    *, query: str, format: str, language: str, total: int, by: User, at: datetime
) -> tuple[ListingExport, bool]:
    """Have the file of a search made for `by`; whether it is a new order.

    The same search in the same format and language that still waits is the same order, however often it is sent
    (lessons F57). Raises `TooManyWaiting`, `QueryTooLong`. `total` is how many rows are expected.
    """
    if len(query) > LONGEST_QUERY:
        raise QueryTooLong(_("This search is too long to be exported. Shorten its text."), field="query")
    # The person's row is the gate: a second click waits here and then sees the first one's order.
    User.objects.select_for_update(of=["self"], no_key=True).get(pk=by.pk)
    waiting = ListingExport.objects.filter(owner=by).waiting()
    if same := waiting.filter(query=query, format=format, language=language).first():
        return same, False
    _refuse_too_many(by)
    export = ListingExport.objects.create(
        owner=by, query=query, format=format, language=language, total=total, expires_at=at + KEPT
    )
    export_after_commit(export.public_id)
    return export, True


def _refuse_too_many(by: User) -> None:
    if ListingExport.objects.filter(owner=by).waiting().count() >= MOST_WAITING:
        raise TooManyWaiting(
            _("%(most)s of your exports are being prepared already. Wait until one of them is ready.")
            % {"most": MOST_WAITING}
        )


@transaction.atomic
def try_again(*, export: ListingExport, by: User, at: datetime) -> ListingExport:
    """Order a failed export anew; where the same search waits already, that order. Locks the person, then the export.

    Raises `IllegalTransition` for one that did not fail, `TooManyWaiting`.
    """
    User.objects.select_for_update(of=["self"], no_key=True).get(pk=by.pk)
    locked = ListingExport.objects.select_for_update(of=["self"]).get(pk=export.pk)
    if locked.state == ExportState.WAITING:
        return locked
    EXPORT_STATES.check(locked, ExportState.WAITING)
    same = ListingExport.objects.filter(owner=by, query=locked.query, format=locked.format, language=locked.language)
    if other := same.waiting().first():
        return other
    _refuse_too_many(by)
    EXPORT_STATES.move(locked, ExportState.WAITING, attempts=0, rows=0, worked_at=None, expires_at=at + KEPT)
    export_after_commit(locked.public_id)
    return locked


def work_on(*, export_id: UUID, write: Writer, clock: Callable[[], datetime] = timezone.now) -> ListingExport | None:
    """Make the file of an export that waits and that nobody makes. The export afterwards, None where there is nothing.

    What goes wrong is logged and tried again later, `MOST_ATTEMPTS` times in all.
    """
    taken = _take(export_id, clock())
    if taken is None:
        return None

    def progress(rows: int) -> None:
        mine = ListingExport.objects.filter(pk=taken.pk, attempts=taken.attempts).waiting()
        if not mine.update(rows=rows, worked_at=clock()):
            raise Superseded

    try:
        with tempfile.TemporaryFile() as file:
            result = write(taken, file, progress, clock())
            file.seek(0)
            # The attempt is in the name: what a killed worker left behind is not in the way.
            taken.file.save(f"{taken.attempts}-{result.name}", File(file), save=False)
    except Superseded:
        return None
    except Exception:
        logger.exception("export_failed", export=str(taken.public_id), attempt=taken.attempts)
        return _put_back(taken, clock())
    return _finish(taken, result, clock())


@transaction.atomic
def _take(export_id: UUID, at: datetime) -> ListingExport | None:
    waiting = ListingExport.objects.filter(public_id=export_id).waiting()
    export = waiting.select_for_update(skip_locked=True, of=["self"]).first()
    if export is None or (export.worked_at is not None and export.worked_at > at - QUIET):
        return None
    if export.attempts >= MOST_ATTEMPTS:
        _fail(export, at)
        return None
    export.attempts += 1
    export.worked_at, export.rows = at, 0
    export.save(update_fields=["attempts", "worked_at", "rows", "updated_at"])
    return export


def _mine(taken: ListingExport) -> ListingExport | None:
    """The row, locked, as long as it is still this worker's."""
    rows = ListingExport.objects.filter(pk=taken.pk, attempts=taken.attempts).waiting()
    return rows.select_for_update(of=["self"]).first()


@transaction.atomic
def _finish(taken: ListingExport, result: Result, at: datetime) -> ListingExport | None:
    export = _mine(taken)
    if export is None:
        taken.file.delete(save=False)
        return None
    EXPORT_STATES.move(
        export,
        ExportState.READY,
        file=taken.file.name,
        rows=result.rows,
        total=result.rows,
        is_cut=result.is_cut,
        worked_at=None,
        ready_at=at,
        expires_at=at + KEPT,
    )
    notices.export_ready(export)
    return export


@transaction.atomic
def _put_back(taken: ListingExport, at: datetime) -> ListingExport | None:
    """After an error: the sweep tries again, unless that was the last time."""
    export = _mine(taken)
    if export is None:
        return None
    if export.attempts >= MOST_ATTEMPTS:
        _fail(export, at)
        return export
    export.worked_at = None
    export.save(update_fields=["worked_at", "updated_at"])
    return export


def _fail(export: ListingExport, at: datetime) -> None:
    EXPORT_STATES.move(export, ExportState.FAILED, worked_at=None)
    notices.export_failed(export, at=at)


def resume_due(*, at: datetime) -> int:
    """Wake workers for exports that nobody makes: a lost wake-up, a killed worker, a broker that was away.

    Returns how many were woken. One that was tried often enough fails. Two schedulers at once do it once.
    """
    due = ListingExport.objects.waiting().filter(
        Q(worked_at__isnull=True, updated_at__lt=at - UNTAKEN) | Q(worked_at__lt=at - QUIET)
    )
    return sum(_resume(pk, at) for pk in due.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _resume(pk: int, at: datetime) -> int:
    rows = ListingExport.objects.filter(pk=pk, updated_at__lt=at - UNTAKEN).waiting()
    export = rows.select_for_update(skip_locked=True, of=["self"]).first()
    if export is None or (export.worked_at is not None and export.worked_at > at - QUIET):
        return 0
    if export.attempts >= MOST_ATTEMPTS:
        _fail(export, at)
        return 0
    export.worked_at = None
    export.save(update_fields=["worked_at", "updated_at"])
    export_after_commit(export.public_id)
    return 1


def expire_due(*, at: datetime) -> int:
    """Remove the exports whose time is over, file first: a row without a file is removed the next time."""
    over = ListingExport.objects.filter(expires_at__lte=at).order_by("pk").values_list("pk", flat=True)
    return sum(_expire(pk, at) for pk in over)


@transaction.atomic
def _expire(pk: int, at: datetime) -> int:
    rows = ListingExport.objects.filter(pk=pk, expires_at__lte=at)
    export = rows.select_for_update(skip_locked=True, of=["self"]).first()
    if export is None:
        return 0
    _remove_files(export)
    export.delete()
    return 1


def _remove_files(export: ListingExport) -> None:
    """Everything in the folder of the export, also what killed workers left."""
    storage = field_of(ListingExport, "file").storage  # type: ignore[attr-defined]
    folder = f"exports/{export.public_id}"
    try:
        _folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        storage.delete(f"{folder}/{name}")
    storage.delete(folder)
