"""Files of a listing's confidential part: sent and removed by its holder's staff."""

from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, has_permission
from disclosures.enums import ScanState
from disclosures.models import ConfidentialFile
from disclosures.outbox import scan_after_commit
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.files import delete_after_commit, read_document
from marketplace.core.watermark import check_markable
from tech_listings.enums import ListingState
from tech_listings.models import Listing

MOST_FILES = 50


class NoReason(DomainError):
    """Visitors would not be told that there is a confidential part, nor why."""

    code = "no_confidential_reason"


class FileGone(Conflict):
    """Somebody removed it meanwhile."""

    code = "file_gone"


@transaction.atomic
def add_file(*, listing: Listing, file: BinaryIO, name: str, by: User, at: datetime) -> ConfidentialFile:
    """Keep a file with the confidential part of `listing`. The same content once more is the file that is there.

    Whether it may be handed out before a scan says so depends on whether a scanner is configured.
    Raises `NotAllowed`, `NoReason`, `NotTaken` (kind, size), `NotMarkable` (damaged, password), `Conflict`.
    """
    # Files of a listing are added one by one: a double click meets what the first click wrote.
    locked = Listing.objects.select_for_update(of=["self"], no_key=True).select_related("holder").get(pk=listing.pk)
    require_keeper(by, locked)
    if locked.state == ListingState.DISCARDED:
        raise Conflict(_("This draft was discarded. Make a new one."))
    if not locked.confidential_reason:
        raise NoReason(_("Say first why this part is closed: edit the technology, section “Confidential part”."))
    sent = read_document(file=file, name=name, most_bytes=settings.CONFIDENTIAL_MAX_BYTES)
    check_markable(sent.file, sent.type)
    kept = locked.confidential_files.kept()
    if same := kept.filter(checksum=sent.checksum).exclude(scan_state=ScanState.INFECTED).first():
        return same
    if kept.count() >= MOST_FILES:
        raise Conflict(_("At most %(most)d files. Remove one that is not needed any more.") % {"most": MOST_FILES})
    made = ConfidentialFile(
        listing=locked, name=sent.name, type=sent.type, size=sent.size, checksum=sent.checksum, uploaded_at=at,
        uploaded_by=by, scan_state=ScanState.WAITING if settings.CLAMD_ADDRESS else ScanState.NOT_SCANNED,
    )  # fmt: skip
    made.content.save("", File(sent.file), save=False)
    try:
        made.save(force_insert=True)
    except BaseException:
        made.content.delete(save=False)
        raise
    if made.scan_state == ScanState.WAITING:
        scan_after_commit(made.public_id)
    return made


@transaction.atomic
def remove_file(*, file: ConfidentialFile, by: User, at: datetime) -> ConfidentialFile:
    """Take the file away for good; that it was there, and who opened it, stays on record.

    Raises `NotAllowed`, `FileGone`.
    """
    locked = lock_file(file)
    require_keeper(by, locked.listing)
    if locked.removed_at is not None:
        raise FileGone(_("This file was removed before. Reload the page."))
    drop_content(locked)
    locked.removed_at, locked.removed_by, locked.scanning_at = at, by, None
    locked.save(update_fields=["content", "removed_at", "removed_by", "scanning_at", "updated_at"])
    return locked


def lock_file(file: ConfidentialFile) -> ConfidentialFile:
    rows = ConfidentialFile.objects.select_related("listing__holder").select_for_update(of=["self"])
    return rows.get(pk=file.pk)


def require_keeper(by: User, listing: Listing) -> None:
    """Raise `NotAllowed` unless `by` may change the confidential part of `listing`."""
    if not has_permission(by, Permission.EDIT_LISTINGS, listing.holder):
        raise NotAllowed(_("Only the holder's staff can do this."))


def drop_content(file: ConfidentialFile) -> None:
    """The content goes once the transaction is committed. The caller saves `content`."""
    if file.content:
        delete_after_commit(file.content.storage, file.content.name)
        file.content = ""
