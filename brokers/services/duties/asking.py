"""Who may do it: asked first in every service about the duties of brokers."""

from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.enums.registration import RegistrationKind
from brokers.models import Registration
from brokers.querysets.registration import governs_brokers
from brokers.services.asking import belongs_to
from marketplace.core.errors import NotAllowed

REASON_LENGTH = 500


def reports_for(user: User, registration: Registration) -> bool:
    """Whether `user` acts for this broker towards the office: a member who may, or the trader in person."""
    if registration.kind == RegistrationKind.TRADER:
        return registration.user_id == user.pk
    return has_permission(user, Permission.REPORT_TO_OFFICE, registration.organization)


def require_reporter(by: User, registration: Registration) -> None:
    """Raise `NotAllowed` unless `by` acts for this broker."""
    if not reports_for(by, registration):
        raise NotAllowed(_("Only people of this broker who report to the office can do this."))


def require_governor(by: User, registration: Registration | None = None) -> None:
    """Raise `NotAllowed` unless `by` is an officer who watches over brokers, and not of this one."""
    if not governs_brokers(by):
        raise NotAllowed(_("Only officers who watch over brokers can do this."))
    if registration is not None and belongs_to(by, registration):
        raise NotAllowed(_("You belong to this broker: another officer has to do this."))


def agency_of(organization: Organization) -> Registration | None:
    """The registration of the corporation as an agency, where there is one that was not cancelled."""
    rows = Registration.objects.listed().filter(kind=RegistrationKind.AGENCY, organization=organization)
    return rows.select_related("organization", "user").first()
