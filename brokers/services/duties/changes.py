"""Changes of a broker that its office has to know: suggested by the house, told by the broker, acknowledged."""

from datetime import date, datetime
from typing import BinaryIO

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.duties import CHANGE_STATES, ChangeKind, ChangeState
from brokers.enums.registration import RegistrationState
from brokers.models import ChangeNotice, Registration
from brokers.models.registration import LONG_TEXT
from brokers.notices import duties as notices
from brokers.services.asking import locked_registration, text_of
from brokers.services.duties.asking import REASON_LENGTH, require_governor, require_reporter
from marketplace.core.days import is_plausible
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.files import Document
from marketplace.core.scanned import read_clean
from marketplace.core.text import tidy


def file_change(
    *, registration: Registration, kind: str, text: str, happened_on: date, by: User, at: datetime,
    evidence: BinaryIO | None = None, evidence_name: str = "", suggestion: ChangeNotice | None = None,
) -> ChangeNotice:  # fmt: skip
    """Tell the office a change, or what the house suggested. Late is possible and said; officers are told.

    Sent twice, it is one notice. Raises `NotAllowed`, `NotPossibleNow`, `NotTaken` (the document), `ScannerAway`, and
    `DomainError` naming the field.
    """
    require_reporter(by, registration)  # nobody else's document is even read; asked again inside the lock
    sent = None if evidence is None else read_clean(file=evidence, name=evidence_name, field="evidence")
    return _file(registration, kind, text, happened_on, sent, suggestion, by, at)


@transaction.atomic
def _file(
    registration: Registration, kind: str, text: str, happened_on: date, evidence: Document | None,
    suggestion: ChangeNotice | None, by: User, at: datetime,
) -> ChangeNotice:  # fmt: skip
    # Everybody who tells something of this broker passes here one by one: a double click meets the first click's.
    broker = locked_registration(registration.pk)
    require_reporter(by, broker)
    if broker.state == RegistrationState.CANCELLED:
        raise NotPossibleNow(_("This registration was cancelled: nothing has to be told any more."))
    text = _checked(kind, text, happened_on, at)
    if suggestion is not None:
        notice = _locked(suggestion)
        if notice.registration_id != broker.pk:
            raise NotAllowed(_("This change is of another broker."))
        if notice.state != ChangeState.SUGGESTED:
            raise NotPossibleNow(_already(notice))
    else:
        same = ChangeNotice.objects.filter(
            registration=broker, kind=kind, text=text, happened_on=happened_on, state=ChangeState.FILED
        )
        if earlier := same.first():
            return earlier
        notice = ChangeNotice(registration=broker)
    notice.kind, notice.text, notice.happened_on = kind, text, happened_on
    if evidence is not None:
        notice.evidence_name, notice.evidence_type = evidence.name, evidence.type
        notice.evidence.save(evidence.name, File(evidence.file), save=False)
    if notice.pk is None:
        notice.save()
    CHANGE_STATES.check(notice, ChangeState.FILED)
    notice.state, notice.filed_at, notice.filed_by = ChangeState.FILED, at, by
    notice.save()
    notices.change_filed(notice, at)
    return notice


@transaction.atomic
def dismiss_change(*, notice: ChangeNotice, text: str, by: User, at: datetime) -> ChangeNotice:
    """Say that what the house suggested need not be told, and why.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = _locked(notice)
    require_reporter(by, locked.registration)
    if locked.state != ChangeState.SUGGESTED:
        raise NotPossibleNow(_already(locked))
    text = text_of(text, most=REASON_LENGTH, field="text", missing=_("Say why it need not be told."))
    CHANGE_STATES.move(locked, ChangeState.DISMISSED, closing_text=text)
    return locked


@transaction.atomic
def acknowledge_change(*, notice: ChangeNotice, text: str = "", by: User, at: datetime) -> ChangeNotice:
    """An officer, not of this broker, has read it. Raises `NotAllowed`, and `NotPossibleNow` saying who was first."""
    locked = _locked(notice)
    require_governor(by, locked.registration)
    if locked.state != ChangeState.FILED:
        raise NotPossibleNow(_already(locked))
    if len(text := tidy(text)) > REASON_LENGTH:
        raise DomainError(_("At most %(most)d characters.") % {"most": REASON_LENGTH}, field="text")
    CHANGE_STATES.move(
        locked, ChangeState.ACKNOWLEDGED, acknowledged_at=at, acknowledged_by=by, closing_text=text
    )  # fmt: skip
    notices.change("change_acknowledged", locked, at)
    return locked


def suggest_change(
    *, registration: Registration, kind: str, text: str, happened_on: date, key: str, at: datetime
) -> ChangeNotice | None:
    """What changed on the platform waits to be told, once per `key`. None where it is there already."""
    notice, is_new = ChangeNotice.objects.get_or_create(
        registration=registration, suggestion=key, defaults={"kind": kind, "text": text, "happened_on": happened_on}
    )
    if not is_new:
        return None
    notice.registration = registration
    notices.change("change_suggested", notice, at)
    return notice


def _checked(kind: str, text: str, happened_on: date, at: datetime) -> str:
    if kind not in ChangeKind.values:
        raise DomainError(_("Choose what changed."), field="kind")
    if not is_plausible(happened_on) or happened_on > timezone.localdate(at):
        raise DomainError(_("Write the day of the change, not one to come."), field="happened_on")
    return text_of(text, most=LONG_TEXT, field="text", missing=_("Write from what to what it changed."))


def _locked(notice: ChangeNotice) -> ChangeNotice:
    people = ("registration__organization", "registration__user", "acknowledged_by", "filed_by")
    return ChangeNotice.objects.select_related(*people).select_for_update(of=["self"]).get(pk=notice.pk)


def _already(notice: ChangeNotice) -> str:
    if notice.acknowledged_by:
        return _("%(name)s acknowledged this before you.") % {"name": notice.acknowledged_by}
    return _("This is “%(state)s” meanwhile.") % {"state": notice.get_state_display()}
