"""A broker says of itself what the public register shows beside what the office and the platform know."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind, Region
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.enums.register import Language
from brokers.enums.registration import RegistrationKind, RegistrationState
from brokers.models import Registration
from brokers.models.registration import SHORT_TEXT
from brokers.services.asking import is_member
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy

TEXTS = {"introduction_ko": SHORT_TEXT, "introduction_en": SHORT_TEXT, "introduction_zh": SHORT_TEXT,
         "speciality": 300, "fee_text": SHORT_TEXT, "conflicts": SHORT_TEXT}  # fmt: skip
LISTS = ("ipc_prefixes", "regions", "languages")
CONTENT = (*TEXTS, *LISTS, "organization")
"""What can be changed. `organization` is a trader's office; an agency is its own."""
IPC_PREFIX = re.compile(r"[A-H](\d{2}[A-Z]?)?", re.ASCII)
MOST_IPC = 30


@transaction.atomic
def edit_entry(
    *,
    registration: Registration,
    content: Mapping[str, Any],
    revision: int,
    declares_conflicts: bool = False,
    by: User,
    at: datetime,
) -> Registration:
    """Change what `content` names. `declares_conflicts` says that what stands about conflicts is so today.

    Changed words on conflicts are a declaration in themselves. Raises `NotAllowed`, `NotPossibleNow` where it was
    cancelled, `ChangedMeanwhile` where `revision` is not the newest, and `DomainError` naming the field.
    """
    locked = Registration.objects.select_for_update(of=["self"]).get(pk=registration.pk)
    require_editor(by, locked)
    if locked.state == RegistrationState.CANCELLED:
        raise NotPossibleNow(_("This registration was cancelled. Its entry stays as it is."))
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this entry while you had it open. Look at it again before saving."))
    before = locked.conflicts
    for name in CONTENT:
        if name in content:
            setattr(locked, name, _checked(locked, name, content[name], by))
    if declares_conflicts or locked.conflicts != before:
        locked.conflicts_declared_at = at
    locked.revision += 1
    locked.save()
    return locked


def require_editor(by: User, registration: Registration) -> None:
    """Raise `NotAllowed` unless `by` may change the entry: staff of the agency, or the trader himself."""
    if registration.kind == RegistrationKind.TRADER:
        allowed = by.is_active and registration.user_id == by.pk
    else:
        allowed = has_permission(by, Permission.EDIT_REGISTER_ENTRY, registration.organization)
    if not allowed:
        raise NotAllowed(_("Only the broker changes its own entry in the register."))


def _checked(registration: Registration, name: str, given: Any, by: User) -> Any:
    if name == "organization":
        return _office(registration, given, by)
    if name in TEXTS:
        text = tidy(given)
        if len(text) > TEXTS[name]:
            raise DomainError(_("At most %(most)d characters.") % {"most": TEXTS[name]}, field=name)
        return text
    return _codes(name, given)


def _codes(name: str, given: list[str]) -> list[str]:
    """Each once, in order. What is not known is refused by name."""
    codes = sorted({re.sub(r"\s+", "", code).upper() if name == "ipc_prefixes" else code for code in given} - {""})
    known = {"regions": Region.values, "languages": Language.values}.get(name)
    wrong = [code for code in codes if (not IPC_PREFIX.fullmatch(code) if known is None else code not in known)]
    if wrong and known is None:
        text = _("“%(value)s” is not an IPC section, class or subclass. Write for example H, H01 or H01M.")
        raise DomainError(text % {"value": wrong[0][:40]}, field=name)
    if wrong:
        raise DomainError(_("Choose one of those offered."), field=name)
    if len(codes) > MOST_IPC:
        raise DomainError(_("At most %(most)d of them.") % {"most": MOST_IPC}, field=name)
    return codes


def _office(registration: Registration, given: Organization | None, by: User) -> Organization | None:
    """A trader works through a brokers' organization of which he is a member, or through none."""
    if registration.kind != RegistrationKind.TRADER:
        if given != registration.organization:
            raise DomainError(_("An agency is its own office."), field="organization")
        return given
    if given == registration.organization:
        return given
    if registration.suspended_until is not None:
        # What was decided holds for the office, and its clients are being asked.
        raise DomainError(_("Your office stays as it is while you are suspended."), field="organization")
    if given is None:
        return given
    if given.kind != OrganizationKind.BROKER or not is_member(by, given.pk):
        raise DomainError(_("Choose a brokers' organization of which you are a member."), field="organization")
    return given
