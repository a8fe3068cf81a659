"""Who may do it, and whether what they saw is still true: asked first in every service, inside its lock."""

from django.utils.translation import gettext as _

from accounts.models import User
from brokers.models import Registration
from brokers.querysets.fees import governs_fees
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.text import tidy


def require_officer(by: User) -> None:
    """Raise `NotAllowed` unless `by` is an officer who governs fees."""
    if not governs_fees(by):
        raise NotAllowed(_("Only officers who write the fee guideline can do this."))


def is_member(user: User, organization_id: int) -> bool:
    return any(membership.organization_id == organization_id for membership in user.active_memberships())


def belongs_to(user: User, registration: Registration) -> bool:
    """Whether the user is the trader, or a member of the broker's organization in any role: no officer of theirs."""
    if registration.user_id == user.pk:
        return True
    return registration.organization_id is not None and is_member(user, registration.organization_id)


def locked_registration(pk: int) -> Registration:
    """The row under its lock, with whose it is: everything that is done about a broker passes here one by one."""
    rows = Registration.objects.select_for_update(of=["self"], no_key=True).select_related("organization", "user")
    return rows.get(pk=pk)


def text_of(given: str, *, most: int, field: str, missing: str) -> str:
    """`given` as it is stored. Raises `DomainError` where it is empty (`missing` says what to do) or too long."""
    text = tidy(given)
    if not text:
        raise DomainError(missing, field=field)
    if len(text) > most:
        raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=field)
    return text
