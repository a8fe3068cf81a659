"""What the broker says in writing, and what the office adds as evidence."""

from collections.abc import Iterable
from datetime import datetime
from typing import BinaryIO

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, require_member
from brokers.enums.cases import OPEN_CASES, StatementSide
from brokers.models import CancellationCase, CaseDocument, CaseStatement
from brokers.models.cases import LONG_TEXT
from brokers.notices import cases as notices
from brokers.services.asking import belongs_to, text_of
from brokers.services.cases.asking import (
    is_agency,
    locked_case,
    refuse_unless,
    require_officer_apart,
    touch,
)
from marketplace.core.errors import DomainError
from marketplace.core.files import Document
from marketplace.core.scanned import read_clean

MOST_DOCUMENTS = 10
Files = Iterable[tuple[BinaryIO, str]]


def send_statement(*, case: CancellationCase, text: str, files: Files = (), by: User, at: datetime) -> CaseStatement:
    """Say something in writing, with documents, while the case is open: also after the hearing, until it is decided.

    Who decides at the same moment is told to read it, or the sender that it came too late. `files` are (content, name).
    Raises `NotAllowed`, `NotPossibleNow`, `NotTaken` (a file), `ScannerAway`, and `DomainError` naming the field.
    """
    _side_of(case, by)  # nobody else's files are even read; asked again inside the lock
    text = text_of(text, most=LONG_TEXT, field="text", missing=_("Write what you want to say."))
    return _keep(case, text, _read(files), by, at)


@transaction.atomic
def _keep(case: CancellationCase, text: str, documents: list[Document], by: User, at: datetime) -> CaseStatement:
    locked = locked_case(case)
    side = _side_of(locked, by)
    refuse_unless(locked, *OPEN_CASES)
    statement = CaseStatement.objects.create(case=locked, side=side, text=text, sent_at=at, sent_by=by)
    for sent in documents:
        document = CaseDocument(
            statement=statement, name=sent.name, type=sent.type, checksum=sent.checksum, size=sent.size
        )
        document.file.save("", File(sent.file), save=False)
        document.save(force_insert=True)
    touch(locked)
    notices.said(statement, at)
    return statement


def _side_of(case: CancellationCase, by: User) -> StatementSide:
    """The trader, or who reports for the agency; an officer for the office. Raises `NotAllowed`."""
    registration = case.registration
    if registration.user_id == by.pk:
        return StatementSide.BROKER
    if belongs_to(by, registration) and is_agency(registration):
        assert registration.organization is not None
        require_member(by, Permission.REPORT_TO_OFFICE, registration.organization)
        return StatementSide.BROKER
    require_officer_apart(by, registration)
    return StatementSide.OFFICE


def _read(files: Files) -> list[Document]:
    found = list(files)
    if len(found) > MOST_DOCUMENTS:
        raise DomainError(_("At most %(most)d documents at once.") % {"most": MOST_DOCUMENTS}, field="files")
    return [read_clean(file=file, name=name, field="files") for file, name in found]
