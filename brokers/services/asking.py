"""Who may do it, and whether what they saw is still true: asked first in every service, inside its lock."""

from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.querysets import governs_fees
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.text import tidy


class NotPossibleNow(Conflict):
    """Its state does not allow it, or somebody else was first."""

    code = "not_possible_now"


class ChangedMeanwhile(Conflict):
    """Somebody else changed it after the page was opened."""

    code = "changed_meanwhile"


def require_officer(by: User) -> None:
    """Raise `NotAllowed` unless `by` is an officer who governs fees."""
    if not governs_fees(by):
        raise NotAllowed(_("Only officers who write the fee guideline can do this."))


def require_member(by: User, permission: Permission, organization: Organization) -> None:
    """Raise `NotAllowed` unless `by` may do this for the organization."""
    if not has_permission(by, permission, organization):
        raise NotAllowed(_("Only members of “%(name)s” who may do this can do it.") % {"name": organization})


def is_member(user: User, organization_id: int) -> bool:
    return any(membership.organization_id == organization_id for membership in user.active_memberships())


def text_of(given: str, *, most: int, field: str, missing: str) -> str:
    """`given` as it is stored. Raises `DomainError` where it is empty (`missing` says what to do) or too long."""
    text = tidy(given)
    if not text:
        raise DomainError(missing, field=field)
    if len(text) > most:
        raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=field)
    return text
