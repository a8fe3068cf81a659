"""Deliverables and papers of a claim: taken for what their content is, scanned before they are kept, never changed."""

from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import Conflict, DomainError, NotPossibleNow
from marketplace.core.files import Document
from marketplace.core.idempotency import KeyReused
from marketplace.core.scanned import read_clean
from programmes.scheme import PaperStage
from vouchers.models import Claim, ClaimDocument
from vouchers.queries.orders import scheme_of
from vouchers.services.claims.draft import EDITABLE
from vouchers.services.orders.asking import lock_down_to, require

DELIVERABLE = "deliverable"
MOST_DOCUMENTS = 30


def keys_of(claim: Claim) -> list[str]:
    """What a document may be for: what was delivered, and the papers that the call wants with a claim."""
    papers = scheme_of(claim.order.voucher).papers
    return [DELIVERABLE, *(paper.key for paper in papers if paper.stage == PaperStage.CLAIM)]


def missing_of(claim: Claim) -> list[str]:
    """Keys of what is needed and not there yet."""
    papers = scheme_of(claim.order.voucher).papers
    needed = [DELIVERABLE, *(each.key for each in papers if each.stage == PaperStage.CLAIM and each.is_required)]
    there = set(claim.documents.current().values_list("key", flat=True))
    return [key for key in needed if key not in there]


def add_document(
    *, claim: Claim, key: str, file: BinaryIO, name: str, request_key: UUID | None = None, by: User, at: datetime
) -> ClaimDocument:
    """Keep a file with the claim; of a paper a later one takes the place of the earlier, deliverables stand together.

    The same content for the same paper is the document that is there; with a `request_key` it takes the place of that
    one, so that each key has its document, and the same key gives it again. Read and scanned before anything is locked.
    Raises `NotTaken` (kind, size, infected), `ScannerAway`, `KeyReused`, `NotAllowed`, `NotPossibleNow`, `DomainError`.
    """
    require(by, Permission.PROVIDE_SERVICES, claim.order.provider)  # nobody else's file is even read
    if key not in keys_of(claim):
        raise DomainError(_("This kind of document does not belong to the claim."), field="paper")
    return _keep(claim, key, read_clean(file=file, name=name, field="document"), request_key, by, at)


@transaction.atomic
def _keep(claim: Claim, key: str, sent: Document, request_key: UUID | None, by: User, at: datetime) -> ClaimDocument:
    locked = lock_down_to(claim)
    require(by, Permission.PROVIDE_SERVICES, locked.order.provider)
    if request_key and (earlier := locked.documents.filter(request_key=request_key).first()):
        if (earlier.key, earlier.sha256, earlier.name) != (key, sent.checksum, sent.name):
            raise KeyReused(_("This key was used for another file. Send this one with a key of its own."))
        return earlier
    _refuse_closed(locked)
    current = locked.documents.current()
    if same := current.filter(key=key, sha256=sent.checksum).first():
        if request_key is None:
            return same
        current.filter(pk=same.pk).update(replaced_at=at)
    if current.count() >= MOST_DOCUMENTS:
        raise Conflict(_("At most %(most)d files. Remove one that is not needed any more.") % {"most": MOST_DOCUMENTS})
    if key != DELIVERABLE:
        locked.documents.filter(key=key, replaced_at=None).update(replaced_at=at)
    made = ClaimDocument(
        claim=locked, key=key, name=sent.name, type=sent.type, size=sent.size, sha256=sent.checksum, sent_by=by,
        sent_at=at, request_key=request_key,
    )  # fmt: skip
    made.file.save(str(made.public_id), File(sent.file), save=False)
    try:
        made.save(force_insert=True)
    except BaseException:
        made.file.delete(save=False)
        raise
    return made


@transaction.atomic
def remove_document(*, document: ClaimDocument, by: User, at: datetime) -> None:
    """Take it out of the claim; what was sent stays on record. Raises `NotAllowed`, `NotPossibleNow`."""
    locked = lock_down_to(document.claim)
    require(by, Permission.PROVIDE_SERVICES, locked.order.provider)
    _refuse_closed(locked)
    if not locked.documents.filter(pk=document.pk, replaced_at=None).update(replaced_at=at):
        raise NotPossibleNow(_("This file was removed before. Reload the page."))


def _refuse_closed(claim: Claim) -> None:
    if claim.state not in EDITABLE:
        raise NotPossibleNow(_("This claim is under way and cannot be changed. Reload the page."))


def is_scanned() -> bool:
    """Whether a scanner looks at files here; said on the page where none does."""
    return bool(settings.CLAMD_ADDRESS)
