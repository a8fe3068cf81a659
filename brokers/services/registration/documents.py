"""Documents of an application: taken for what their content is, scanned before they are kept, removed while open."""

from datetime import datetime
from typing import BinaryIO

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.registration import DOCUMENTS_OF, ApplicationPart, DocumentKind, RegistrationKind
from brokers.models import Application, ApplicationDocument
from brokers.queries.registration import document_kinds
from brokers.services.registration.asking import require_applicant
from brokers.services.registration.draft import PartClosed, require_open, tell_of_training
from brokers.services.steps import locked_application
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.files import Document, DocumentType, NotTaken, delete_after_commit
from marketplace.core.scanned import read_clean
from marketplace.core.watermark import NotMarkable, check_markable

MOST_DOCUMENTS = 30


class DocumentGone(Conflict):
    code = "document_gone"


def add_document(
    *, application: Application, kind: str, file: BinaryIO, name: str, by: User, at: datetime
) -> ApplicationDocument:
    """Keep a file with `application`. The same content of the same kind once more is the document that is there.

    It is read and scanned before anything is locked. Raises `NotTaken` (kind, size, damaged, infected), `ScannerAway`,
    `NotAllowed`, `PartClosed`, `Conflict` (too many).
    """
    require_applicant(by, application)  # nobody else's file is even read; asked again inside the lock
    if kind not in DOCUMENTS_OF[RegistrationKind(application.kind)]:
        raise DomainError(_("This kind of document does not belong to the application."), field="document_kind")
    return _keep(application, kind, _readable(file, name), by, at)


def _readable(file: BinaryIO, name: str) -> Document:
    sent = read_clean(file=file, name=name, field="document")
    if sent.type == DocumentType.PDF:
        try:
            check_markable(sent.file, sent.type, field="document")
        except NotMarkable:
            raise NotTaken(
                _(
                    "This PDF does not open: it is damaged or protected by a password. Print it to a new PDF and "
                    "send that."
                ),
                field="document",
            ) from None
    return sent


@transaction.atomic
def _keep(application: Application, kind: str, sent: Document, by: User, at: datetime) -> ApplicationDocument:
    locked = locked_application(application)
    require_applicant(by, locked)
    require_open(locked, {ApplicationPart.DOCUMENTS})
    if kind not in document_kinds(locked, DOCUMENTS_OF[RegistrationKind(locked.kind)]):
        raise PartClosed(_("While training is to be finished, only its certificates can be added."))
    if same := locked.documents.filter(kind=kind, checksum=sent.checksum).first():
        return same
    if locked.documents.count() >= MOST_DOCUMENTS:
        raise Conflict(_("At most %(most)d files. Remove one that is not needed any more.") % {"most": MOST_DOCUMENTS})
    made = ApplicationDocument(
        application=locked, kind=kind, name=sent.name, type=sent.type, checksum=sent.checksum, size=sent.size,
        sent_at=at, sent_by=by,
    )  # fmt: skip
    made.file.save("", File(sent.file), save=False)
    try:
        made.save(force_insert=True)
    except BaseException:
        made.file.delete(save=False)
        raise
    tell_of_training(locked, at)
    return made


@transaction.atomic
def remove_document(*, document: ApplicationDocument, by: User, at: datetime) -> None:
    """Take a file away for good, while the documents are open. Raises `NotAllowed`, `PartClosed`, `DocumentGone`."""
    locked = locked_application(document.application)
    require_applicant(by, locked)
    require_open(locked, {ApplicationPart.DOCUMENTS})
    if document.kind not in document_kinds(locked, list(DocumentKind)):
        raise PartClosed(_("While training is to be finished, only its certificates can be removed."))
    found = locked.documents.filter(pk=document.pk).first()
    if found is None:
        raise DocumentGone(_("This file was removed before. Reload the page."))
    drop(found)


def drop(document: ApplicationDocument) -> None:
    """The row goes now, the content once the transaction is committed."""
    delete_after_commit(document.file.storage, document.file.name)
    document.delete()
