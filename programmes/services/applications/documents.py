"""Papers of an application: taken for what their content is, scanned before they are kept; a later one replaces."""

from datetime import datetime
from typing import BinaryIO

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.files import Document, delete_after_commit
from marketplace.core.scanned import read_clean
from programmes.enums.applications import ApplicationState, Part
from programmes.models import Application, ApplicationDocument
from programmes.queries.sections import open_papers, papers_of
from programmes.scheme import Scheme
from programmes.services.applications.acting import (
    PartClosed,
    locked_application,
    require_applicant,
    require_in_time,
)
from programmes.services.applications.save import require_open


class DocumentGone(Conflict):
    code = "document_gone"


def add_document(
    *, application: Application, key: str, file: BinaryIO, name: str, by: User, at: datetime
) -> ApplicationDocument:
    """Keep a file as the paper `key` that the call asks for. The same content once more is the one that is there.

    It is read and scanned before anything is locked. Raises as `read_paper` and `keep_paper`.
    """
    sent = read_paper(application=application, key=key, file=file, name=name, by=by)
    return keep_paper(application=application, key=key, sent=sent, by=by, at=at)


def read_paper(*, application: Application, key: str, file: BinaryIO, name: str, by: User) -> Document:
    """The first half of `add_document`, which takes a moment and so belongs outside any transaction.

    Raises `NotTaken` (kind, size, infected), `ScannerAway`, `NotAllowed`, `DomainError` naming `key`.
    """
    require_applicant(by, application)  # nobody else's file is even read; asked again inside the lock
    scheme = Scheme.from_json(application.version.content)
    if key not in {each.key for each in papers_of(scheme)}:
        raise DomainError(_("The call does not ask for this paper."), field="key")
    return read_clean(file=file, name=name, field="document")


@transaction.atomic
def keep_paper(*, application: Application, key: str, sent: Document, by: User, at: datetime) -> ApplicationDocument:
    """The second half of `add_document`. Raises `NotAllowed`, `PartClosed`, `TooLate`.

    The content is no part of the transaction: where that fails later, who began it deletes the content.
    """
    locked = locked_application(application)
    require_applicant(by, locked)
    _require_open(locked, key, at)
    before = locked.documents.current().filter(key=key).first()
    if before is not None and before.sha256 == sent.checksum:
        return before
    if before is not None:
        _put_aside(locked, before, at)
    made = ApplicationDocument(
        application=locked, key=key, name=sent.name, type=sent.type, size=sent.size, sha256=sent.checksum,
        sent_by=by, sent_at=at,
    )  # fmt: skip
    made.file.save("", File(sent.file), save=False)
    try:
        made.save(force_insert=True)
    except BaseException:
        made.file.delete(save=False)
        raise
    return made


@transaction.atomic
def remove_document(*, document: ApplicationDocument, by: User, at: datetime) -> None:
    """Take a paper away while papers are open. Raises `NotAllowed`, `PartClosed`, `TooLate`, `DocumentGone`."""
    locked = locked_application(document.application)
    require_applicant(by, locked)
    _require_open(locked, document.key, at)
    found = locked.documents.current().filter(pk=document.pk).first()
    if found is None:
        raise DocumentGone(_("This file was removed before. Reload the page."))
    _put_aside(locked, found, at)


def _require_open(locked: Application, key: str, at: datetime) -> None:
    require_open(locked, {Part.PAPERS})
    require_in_time(locked, at)
    if key not in open_papers(locked, Scheme.from_json(locked.version.content)):
        raise PartClosed(_("This paper is not among what is to be completed."))


def _put_aside(locked: Application, document: ApplicationDocument, at: datetime) -> None:
    """A paper of a draft goes; one that was submitted stays, marked as replaced: the office read it."""
    if locked.state == ApplicationState.DRAFT:
        drop(document)
    else:
        document.replaced_at = at
        document.save(update_fields=["replaced_at"])


def drop(document: ApplicationDocument) -> None:
    """The row goes now, the content once the transaction is committed."""
    delete_after_commit(document.file.storage, document.file.name)
    document.delete()
