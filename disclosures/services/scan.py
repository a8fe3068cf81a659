"""Ask clamd about files, if one is configured. A worker asks outside of any transaction and writes down what it said.

A file is taken by `scanning_at` and `scan_attempts`; who was killed gives no verdict, and the sweep wakes another.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from disclosures import notices
from disclosures.enums import SCAN_STATES, ScanState
from disclosures.models import ConfidentialFile
from disclosures.outbox import scan_after_commit
from disclosures.services.files import drop_content, lock_file, require_keeper
from marketplace.core.clamd import Unanswered, Verdict, scan
from marketplace.core.errors import Conflict
from marketplace.core.text import tidy

logger = structlog.get_logger(__name__)

QUIET = timedelta(minutes=10)
"""No verdict for so long: the worker is lost."""

UNTAKEN = timedelta(minutes=1)
MOST_ATTEMPTS = 5
AGAIN_AFTER = timedelta(hours=1)
"""A failed scan is tried again by itself after so long."""


def scan_file(*, file_id: UUID, clock: Callable[[], datetime] = timezone.now) -> ConfidentialFile | None:
    """Scan a file that waits and that nobody scans. The file afterwards; None where there was nothing to do."""
    if not settings.CLAMD_ADDRESS:
        return _without_scanner(file_id)
    taken = _take(file_id, clock())
    if taken is None:
        return None
    try:
        with taken.content.open("rb") as content:
            verdict = scan(content, address=settings.CLAMD_ADDRESS, timeout=settings.CLAMD_TIMEOUT)
    except (Unanswered, OSError) as error:
        logger.warning("scan_failed", file=str(taken.public_id), attempt=taken.scan_attempts, error=str(error))
        return _fail(taken, str(error), clock())
    return _write_down(taken, verdict, clock())


@transaction.atomic
def _take(file_id: UUID, at: datetime) -> ConfidentialFile | None:
    rows = ConfidentialFile.objects.kept().filter(public_id=file_id, scan_state=ScanState.WAITING)
    file = rows.select_for_update(skip_locked=True, of=["self"]).first()
    if file is None or (file.scanning_at is not None and file.scanning_at > at - QUIET):
        return None
    file.scanning_at, file.scan_attempts = at, file.scan_attempts + 1
    file.save(update_fields=["scanning_at", "scan_attempts", "updated_at"])
    return file


def _mine(taken: ConfidentialFile) -> ConfidentialFile | None:
    """The row, locked, as long as it is still this worker's."""
    rows = ConfidentialFile.objects.kept().select_related("uploaded_by", "listing")
    rows = rows.filter(pk=taken.pk, scan_attempts=taken.scan_attempts, scan_state=ScanState.WAITING)
    return rows.select_for_update(of=["self"]).first()


@transaction.atomic
def _write_down(taken: ConfidentialFile, verdict: Verdict, at: datetime) -> ConfidentialFile | None:
    file = _mine(taken)
    if file is None:
        return None
    if verdict.is_clean:
        SCAN_STATES.move(file, ScanState.CLEAN, scanned_at=at, scanning_at=None, scan_note="")
        return file
    drop_content(file)
    SCAN_STATES.move(
        file, ScanState.INFECTED, content="", scanned_at=at, scanning_at=None, scan_note=tidy(verdict.found)[:300]
    )
    notices.file_infected(file, at)
    return file


@transaction.atomic
def _fail(taken: ConfidentialFile, why: str, at: datetime) -> ConfidentialFile | None:
    file = _mine(taken)
    if file is None:
        return None
    SCAN_STATES.move(file, ScanState.FAILED, scanning_at=None, scan_note=tidy(why)[:300])
    if file.scan_attempts >= MOST_ATTEMPTS:
        notices.scan_failed(file, at)
    return file


@transaction.atomic
def _without_scanner(file_id: UUID) -> ConfidentialFile | None:
    """The scanner was taken out of the configuration while files waited for it."""
    rows = ConfidentialFile.objects.kept().filter(public_id=file_id, scan_state=ScanState.WAITING)
    file = rows.select_for_update(skip_locked=True, of=["self"]).first()
    if file is not None:
        SCAN_STATES.move(file, ScanState.NOT_SCANNED, scanning_at=None)
    return file


@transaction.atomic
def scan_again(*, file: ConfidentialFile, by: User, at: datetime) -> ConfidentialFile:
    """Try a failed scan again, or scan a file that came before the scanner. Raises `Conflict`, `NotAllowed`."""
    locked = lock_file(file)
    require_keeper(by, locked.listing)
    if not settings.CLAMD_ADDRESS:
        raise Conflict(_("No virus scanner is set up here."))
    if locked.scan_state == ScanState.WAITING:
        return locked
    _wait(locked, attempts=0)
    return locked


def _wait(file: ConfidentialFile, *, attempts: int) -> None:
    SCAN_STATES.move(file, ScanState.WAITING, scan_attempts=attempts, scanning_at=None)
    scan_after_commit(file.public_id)


def resume_due(*, at: datetime) -> int:
    """Every minute: files whose wake-up or worker was lost, scans that failed, files that came before the scanner.

    Without a scanner, those that still wait for one stop waiting. Returns how many were moved or woken.
    """
    files = ConfidentialFile.objects.kept()
    lost = Q(scanning_at__isnull=True, updated_at__lt=at - UNTAKEN) | Q(scanning_at__lt=at - QUIET)
    due = Q(scan_state=ScanState.WAITING) & lost
    if settings.CLAMD_ADDRESS:
        due |= Q(scan_state=ScanState.NOT_SCANNED)
        due |= Q(scan_state=ScanState.FAILED, scan_attempts__lt=MOST_ATTEMPTS, updated_at__lt=at - AGAIN_AFTER)
    else:
        due = Q(scan_state__in=[ScanState.WAITING, ScanState.FAILED])
    found = files.filter(due).order_by("pk").values_list("pk", flat=True)[:1000]
    return sum(_resume(pk, at) for pk in found)


@transaction.atomic
def _resume(pk: int, at: datetime) -> int:
    file = ConfidentialFile.objects.kept().select_for_update(skip_locked=True, of=["self"]).filter(pk=pk).first()
    if file is None or (file.scanning_at is not None and file.scanning_at > at - QUIET):
        return 0
    if file.scan_state == ScanState.WAITING:
        file.scanning_at = None
        file.save(update_fields=["scanning_at", "updated_at"])
        scan_after_commit(file.public_id)
    elif file.scan_state in {ScanState.FAILED, ScanState.NOT_SCANNED}:
        _wait(file, attempts=file.scan_attempts)
    else:
        return 0
    return 1
