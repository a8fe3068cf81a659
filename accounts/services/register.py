"""Register an organization. The business number is its identity: one number, one organization (lessons F67)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.enums import InstituteKind, MembershipState, OrganizationKind, Role
from accounts.models import Membership, Organization, User
from accounts.numbers import business_number_problem, digits, explain
from accounts.roles import Permission, organizations_with
from marketplace.core.errors import Conflict, DomainError, NotAllowed

MOST_PER_DAY = 5


class TooManyRegistrations(Conflict):
    code = "too_many_registrations"


class AlreadyRegistered(Conflict):
    """The number belongs to `organization`: the person should ask to join it."""

    code = "organization_exists"

    def __init__(self, organization: Organization) -> None:
        organization = organization.merged_into or organization
        super().__init__(
            _("This number is registered for “%(name)s”. Ask to join it instead of registering it again.")
            % {"name": organization.name},
            field="business_number",
        )
        self.organization = organization


@transaction.atomic
def register_organization(
    *, kind: str, name: str, business_number: str, by: User, at: datetime, institute_kind: str = "", **details: Any
) -> Organization:
    """A new organization whose first manager is `by`. Government offices only by a manager of another one.

    `details`: name_en, name_zh, corporate_number, region_code, phone, website, answer_days.
    Raises `AlreadyRegistered`, `NotAllowed`, or `DomainError` that names the rule of the number that is broken.
    """
    by = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if kind == OrganizationKind.GOVERNMENT and not organizations_with(by, Permission.REGISTER_OFFICES):
        raise NotAllowed(_("Government offices are registered by the operator or by a manager of another office."))
    today = Membership.objects.filter(user=by, decided_by=by, role=Role.MANAGER, created_at__gt=at - timedelta(days=1))
    if today.count() >= MOST_PER_DAY:
        raise TooManyRegistrations(
            _("You registered %(most)d organizations in a day. Try again tomorrow.") % {"most": MOST_PER_DAY}
        )
    fields = {"kind": kind, "name": name, "business_number": business_number, "institute_kind": institute_kind}
    return _create(manager=by, at=at, **fields, **details)


@transaction.atomic
def create_government_office(
    *, name: str, business_number: str, manager: User, at: datetime, **details: Any
) -> Organization:
    """What the operator does on the server: an office and its first manager, who needs a second factor from then on."""
    fields = {"kind": OrganizationKind.GOVERNMENT, "name": name, "business_number": business_number}
    return _create(manager=manager, at=at, **fields, **details)


def _create(*, manager: User, at: datetime, kind: str, business_number: str, **fields: Any) -> Organization:
    if problem := business_number_problem(business_number):
        raise DomainError(explain(problem, business_number), field="business_number")
    if kind == OrganizationKind.INSTITUTE and fields.get("institute_kind") not in InstituteKind.values:
        raise DomainError(_("Choose the kind of institute."), field="institute_kind")
    if kind != OrganizationKind.INSTITUTE:
        fields["institute_kind"] = ""
    number = digits(business_number)
    if existing := Organization.objects.filter(business_number=number).first():
        raise AlreadyRegistered(existing)
    fields["corporate_number"] = digits(fields.get("corporate_number", ""))
    try:
        with transaction.atomic():
            organization = Organization.objects.create(kind=kind, business_number=number, **fields)
    except IntegrityError:
        # Somebody registered it between the look and the write.
        existing = Organization.objects.filter(business_number=number).first()
        if existing is None:
            raise
        raise AlreadyRegistered(existing) from None
    Membership.objects.create(
        user=manager,
        organization=organization,
        role=Role.MANAGER,
        state=MembershipState.ACTIVE,
        decided_at=at,
        decided_by=manager,
    )
    manager.forget_memberships()
    return organization
