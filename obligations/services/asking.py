"""Who may do it, and whether what they saw is still true: asked first in every service, inside its lock."""

from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, organizations_with
from marketplace.core.errors import ChangedMeanwhile, NotAllowed


def require_officer(by: User, permission: Permission, institute: Organization) -> None:
    """Raise `NotAllowed` unless `by` is an officer who may do this, and of the institute it is about no member."""
    if not organizations_with(by, permission):
        raise NotAllowed(_("Only officers who may do this can do it."))
    if any(membership.organization_id == institute.pk for membership in by.active_memberships()):
        raise NotAllowed(_("You are a member of this institute: another officer has to decide."))


def is_officer_with(by: User | None, permission: Permission) -> bool:
    return by is not None and bool(organizations_with(by, permission))


def require_revision(row: object, seen: int | None) -> None:
    """Raise `ChangedMeanwhile` where `seen`, the revision on the page, is not that of the locked row any more."""
    if seen is not None and getattr(row, "revision", seen) != seen:
        raise ChangedMeanwhile(_("Somebody changed this while you had it open. Reload the page to see what is new."))
