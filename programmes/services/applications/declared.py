"""A firm enters a technology that it took over by a contract concluded elsewhere; an officer checks the contract."""

from datetime import date, datetime
from typing import BinaryIO, NamedTuple

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.relations import family_of
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotPossibleNow
from marketplace.core.files import Document, delete_after_commit
from marketplace.core.scanned import read_clean
from marketplace.core.text import tidy
from programmes.enums.applications import ApplicationState, Part
from programmes.enums.transfers import TRANSFER_STATES, TransferState
from programmes.models import Application, Transfer
from programmes.models.transfers import REASON_LENGTH
from programmes.notices import applications as notices
from programmes.numbers import transfer_number
from programmes.services.applications.acting import (
    check_revision,
    locked_application,
    require_applicant,
    require_in_time,
    require_real,
)
from programmes.services.applications.save import require_open
from programmes.services.review.acting import locked_application as locked_for_review
from programmes.services.review.acting import require_officer_apart

T = TransferState
LONGEST = {"title": 300, "holder_name": 200}
OLDEST_YEARS = 30
CHECKABLE = (
    ApplicationState.SUBMITTED, ApplicationState.COMPLETION, ApplicationState.ELIGIBLE, ApplicationState.INELIGIBLE,
)  # fmt: skip


class TransferInUse(Conflict):
    """Another application rests on it, or an officer looked at it."""

    code = "transfer_in_use"


class Declared(NamedTuple):
    """What the firm says of the contract (`title`, `holder_name`), and the contract as it was read and scanned."""

    said: dict[str, str]
    signed_on: date
    sent: Document


def declare_transfer(
    *,
    application: Application,
    revision: int,
    title: str,
    holder_name: str,
    signed_on: date,
    file: BinaryIO,
    name: str,
    by: User,
    at: datetime,
) -> Transfer:
    """Enter the contract and choose it for the application. Sent twice, it is one.

    The file is read and scanned before anything is locked. Raises as `read_transfer` and `keep_transfer`.
    """
    declared = read_transfer(
        application=application, title=title, holder_name=holder_name, signed_on=signed_on, file=file, name=name, by=by,
        at=at,
    )  # fmt: skip
    return keep_transfer(application=application, revision=revision, declared=declared, by=by, at=at)


def read_transfer(
    *, application: Application, title: str, holder_name: str, signed_on: date, file: BinaryIO, name: str, by: User,
    at: datetime,
) -> Declared:  # fmt: skip
    """The first half of `declare_transfer`, which takes a moment and so belongs outside any transaction.

    Raises `NotTaken` (kind, size, infected), `ScannerAway`, `NotAllowed`, `DomainError` naming the field.
    """
    require_applicant(by, application)  # nobody else's file is even read; asked again inside the lock
    said = {"title": tidy(title), "holder_name": tidy(holder_name)}
    for field, most in LONGEST.items():
        if not said[field]:
            raise DomainError(_("Fill this in."), field=field)
        if len(said[field]) > most:
            raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=field)
    today = timezone.localdate(at)
    if not today.year - OLDEST_YEARS <= signed_on.year or signed_on > today:
        raise DomainError(
            _("A day within the last %(years)d years, today at the latest.") % {"years": OLDEST_YEARS},
            field="signed_on",
        )
    return Declared(said, signed_on, read_clean(file=file, name=name, field="document"))


@transaction.atomic
def keep_transfer(
    *, application: Application, revision: int, declared: Declared, by: User, at: datetime
) -> Transfer:  # fmt: skip
    """The second half of `declare_transfer`. Raises `NotAllowed`, `PartClosed`, `TooLate`, `ChangedMeanwhile`.

    The content is no part of the transaction: where that fails later, who began it deletes the content.
    """
    said, signed_on, sent = declared
    locked = locked_application(application)
    require_applicant(by, locked)
    require_open(locked, {Part.TECHNOLOGY})
    require_in_time(locked, at)
    family = family_of(locked.organization)
    same = Transfer.objects.filter(
        organization__in=family, signed_on=signed_on, sha256=sent.checksum, **said, state__in=[T.DECLARED, T.CONFIRMED]
    ).first()
    if same is not None and locked.transfer_id == same.pk:
        return same  # the second click
    check_revision(locked, revision)
    made = same or _new(locked, said, signed_on, sent, by, at)
    locked.transfer, locked.revision = made, locked.revision + 1
    locked.save(update_fields=["transfer", "revision", "updated_at"])
    return made


def _new(
    locked: Application, said: dict[str, str], signed_on: date, sent: Document, by: User, at: datetime
) -> Transfer:
    made = Transfer(
        organization=locked.organization, reference=transfer_number(at), state=T.DECLARED, signed_on=signed_on, **said,
        document_name=sent.name, document_type=sent.type, document_size=sent.size, sha256=sent.checksum,
        declared_by=by, declared_at=at,
    )  # fmt: skip
    made.document.save("", File(sent.file), save=False)
    try:
        made.save(force_insert=True)
    except BaseException:
        made.document.delete(save=False)
        raise
    return made


@transaction.atomic
def remove_transfer(*, application: Application, transfer: Transfer, by: User, at: datetime) -> None:
    """Take back what was entered by mistake, while nothing rests on it but this application.

    Raises `NotAllowed`, `PartClosed`, `TooLate`, `TransferInUse`.
    """
    locked = locked_application(application)
    require_applicant(by, locked)
    require_open(locked, {Part.TECHNOLOGY})
    require_in_time(locked, at)
    found = Transfer.objects.select_for_update(of=["self"]).filter(pk=transfer.pk).first()
    if found is None:
        raise TransferInUse(_("This was removed before. Reload the page."))
    others = Application.objects.filter(transfer=found).exclude(pk=locked.pk)
    if found.state != T.DECLARED or others.exists() or locked.number:
        raise TransferInUse(_("This stays: an application rests on it, or an officer has looked at it."))
    if locked.transfer_id == found.pk:
        locked.transfer, locked.revision = None, locked.revision + 1
        locked.save(update_fields=["transfer", "revision", "updated_at"])
    delete_after_commit(found.document.storage, found.document.name)
    found.delete()


@transaction.atomic
def check_transfer(
    *, application: Application, accept: bool, text: str = "", seen: str | None = None, by: User, at: datetime
) -> Transfer:
    """An officer of the call's office read the contract: it shows the transfer, or it does not, with the reason.

    What it says can be changed, with a reason, while the application is being reviewed. Twice the same is once. `seen`
    is the state that the officer read. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, `IllegalTransition`,
    `DomainError` naming `text`.
    """
    locked = locked_for_review(application)
    require_officer_apart(by, locked)
    require_real(locked.call)  # what is found of a contract holds for the firm everywhere
    if locked.state not in CHECKABLE or locked.transfer is None or not locked.transfer.is_declared:
        raise NotPossibleNow(_("There is no contract to check now."))
    found = Transfer.objects.select_for_update(of=["self"]).get(pk=locked.transfer.pk)
    to, said = T.CONFIRMED if accept else T.REFUSED, tidy(text)
    if found.state == to and found.checked_by_id == by.pk and found.check_text == said:
        return found  # the second click
    if seen and found.state != seen:
        raise ChangedMeanwhile(_("Another officer checked this contract after you opened it. Read what was found."))
    TRANSFER_STATES.check(found, to)
    if not said and not (accept and found.state == T.DECLARED):
        raise DomainError(_("Give the reason: the firm reads it."), field="text")
    if len(said) > REASON_LENGTH:
        raise DomainError(_("At most %(most)d characters.") % {"most": REASON_LENGTH}, field="text")
    TRANSFER_STATES.move(found, to, checked_by=by, checked_at=at, check_text=said)
    if not accept:
        notices.contract_refused(locked, at)
    return found
