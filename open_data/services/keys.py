"""Keys of organizations: made, rotated, revoked, used. As with API tokens (ADR 0007) only a SHA-256 is stored."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission, require_known
from accounts.services.tokens import LONGEST_DAYS, digest_of, note_use
from marketplace.core.errors import Conflict, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.ids import uuid7
from open_data import notices
from open_data.enums import Scope
from open_data.models import OrganizationKey

PREFIX = "ieumkey_"
MOST_KEYS = 20
OVERLAP = timedelta(days=7)
"""For so long the old key works beside the new one."""


class TooManyKeys(Conflict):
    code = "too_many_keys"


@transaction.atomic
def create_key(
    *, organization: Organization, name: str, scopes: Iterable[str], days: int, by: User, at: datetime,
    public_id: UUID | None = None,
) -> tuple[OrganizationKey, str]:  # fmt: skip
    """A key that ends after `days`, and its text, which is shown once: sent again with the same `public_id` is refused.

    Raises `NotAllowed`, `TooManyKeys`, `DomainError`.
    """
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    require_known(by, Permission.MANAGE_KEYS, locked)
    if public_id and OrganizationKey.objects.filter(public_id=public_id).exists():
        raise DomainError(
            _("This key was made already, and its text is shown once. Revoke it if you have not copied it.")
        )
    wanted = [scope for scope in Scope.values if scope in set(scopes)]
    if not wanted:
        raise DomainError(_("Say what the key is good for."), field="scopes")
    if not 1 <= days <= LONGEST_DAYS:
        raise DomainError(_("A key lasts between 1 and %(most)d days.") % {"most": LONGEST_DAYS}, field="days")
    if OrganizationKey.objects.filter(organization=locked).usable(at).count() >= MOST_KEYS:
        raise TooManyKeys(_("There are %(most)d keys. Revoke one that is no longer used.") % {"most": MOST_KEYS})
    until = at + timedelta(days=days)
    return _new(locked, name=name, scopes=wanted, until=until, by=by, at=at, public_id=public_id)


def _new(
    organization: Organization, *, name: str, scopes: list[str], until: datetime, by: User, at: datetime,
    public_id: UUID | None = None,
) -> tuple[OrganizationKey, str]:  # fmt: skip
    text = PREFIX + secrets.token_urlsafe(32)
    key = OrganizationKey.objects.create(
        public_id=public_id or uuid7(),
        organization=organization,
        name=name,
        scopes=scopes,
        digest=digest_of(text),
        hint=text[: len(PREFIX) + 3],
        created_at=at,
        expires_at=until,
        created_by=by,
    )
    return key, text


@transaction.atomic
def rotate_key(*, key: OrganizationKey, by: User, at: datetime) -> tuple[OrganizationKey, str]:
    """A new key for the same, as long as the old one lasted; the old one works for `OVERLAP` beside it.

    Raises `NotAllowed`, `NotPossibleNow`, `TooManyKeys`: each key has an allowance, so they are not made without end.
    """
    organization = Organization.objects.select_for_update().get(pk=key.organization_id)
    locked = OrganizationKey.objects.select_for_update(of=["self"]).select_related("organization").get(pk=key.pk)
    require_known(by, Permission.MANAGE_KEYS, locked.organization)
    if locked.revoked_at or locked.expires_at <= at or locked.successor_id or locked.organization.is_gone:
        raise NotPossibleNow(_("This key is over, or was replaced already. Make a new one."))
    if OrganizationKey.objects.filter(organization=organization).usable(at).count() >= 2 * MOST_KEYS:
        raise TooManyKeys(_("There are %(most)d keys. Revoke one that is no longer used.") % {"most": 2 * MOST_KEYS})
    lasts = locked.expires_at - locked.created_at
    made = _new(locked.organization, name=locked.name, scopes=locked.scopes, until=at + lasts, by=by, at=at)
    locked.successor = made[0]
    locked.expires_at = min(locked.expires_at, at + OVERLAP)
    locked.save(update_fields=["successor", "expires_at"])
    return made


@transaction.atomic
def revoke_key(*, key: OrganizationKey, by: User, at: datetime) -> None:
    """End it now: its organization's managers, and officers who oversee keys. Twice keeps the first time.

    Where an officer does it, the organization's managers are told: their program stops. Raises `NotAllowed`.
    """
    locked = OrganizationKey.objects.select_for_update(of=["self"]).select_related("organization").get(pk=key.pk)
    oversees = any(
        has_permission(by, Permission.OVERSEE_KEYS, membership.organization) for membership in by.active_memberships()
    )
    if not oversees and not has_permission(by, Permission.MANAGE_KEYS, locked.organization):
        raise NotAllowed(_("This key belongs to another organization."))
    if locked.revoked_at is None:
        locked.revoked_at, locked.revoked_by = at, by
        locked.save(update_fields=["revoked_at", "revoked_by"])
        if not has_permission(by, Permission.MANAGE_KEYS, locked.organization):
            notices.key_revoked(locked, at=at)


def find_key(*, text: str, at: datetime) -> OrganizationKey | None:
    """The usable key with this text; notes its use, to five minutes."""
    key = OrganizationKey.objects.usable(at).select_related("organization").filter(digest=digest_of(text)).first()
    if key:
        note_use(key, at=at)
    return key
