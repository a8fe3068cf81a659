"""What every service of an application asks first, inside its lock."""

from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from brokers.enums.registration import RegistrationKind
from brokers.models import Application
from brokers.queries.registration import may_write
from marketplace.core.errors import ChangedMeanwhile, NotAllowed, NotPossibleNow


class AlreadyRegistered(NotPossibleNow):
    """There is a registration that stands."""

    code = "already_registered"


def require_applicant(by: User, application: Application) -> None:
    """Raise `NotAllowed` unless `by` acts for the applicant."""
    if not may_write(by, application):
        raise NotAllowed(_("Only the applicant can do this."))


def require_may_apply(by: User, kind: str, organization: Organization | None) -> None:
    """Raise `NotAllowed` unless `by` may apply: managers for a brokers' corporation, everybody for themselves."""
    if kind == RegistrationKind.AGENCY:
        if organization is None:
            raise NotAllowed(_("A corporation applies for the registration of an agency. Choose the organization."))
        require_member(by, Permission.APPLY_REGISTRATION, organization)
    elif organization is not None:
        raise NotAllowed(_("A trader applies as a person, not for an organization."))


def check_revision(application: Application, seen: int) -> None:
    """Raise `ChangedMeanwhile` unless `application` is as it was when its page was shown."""
    if application.revision != seen:
        raise ChangedMeanwhile(_("Somebody changed this application after you opened it. Look at the newest version."))
