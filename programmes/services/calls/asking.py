"""Who may do it, and whether what they saw still holds: asked first in every service about a call, inside its lock."""

from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, require_known
from marketplace.core.errors import DomainError
from marketplace.core.text import tidy
from programmes.models import Call, CallVersion
from programmes.models.calls import REASON_LENGTH


def require_officer(by: User, office: Organization) -> None:
    """Raise `NotAllowed` unless `by` runs calls for the office; who only administers the site does not."""
    require_known(by, Permission.RUN_CALLS, office)


def locked_call(pk: int) -> Call:
    """The row under its lock, with its office: everything that is done to a call passes here one by one."""
    return Call.objects.select_for_update(of=["self"]).select_related("office").get(pk=pk)


def locked_version(pk: int) -> CallVersion:
    """The row under its lock, after the call's."""
    return CallVersion.objects.select_for_update(of=["self"]).get(pk=pk)


def reason_of(given: str) -> str:
    """`given` as it is stored. Raises `DomainError` where it is empty or too long."""
    reason = tidy(given)
    if not reason:
        raise DomainError(_("Say why: everybody can read it."), field="reason")
    if len(reason) > REASON_LENGTH:
        raise DomainError(_("At most %(most)d characters.") % {"most": REASON_LENGTH}, field="reason")
    return reason
