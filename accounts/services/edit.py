"""Change what an organization says about itself. Kind and business number are its identity and stay."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.numbers import digits
from accounts.roles import Permission, has_permission
from accounts.services.members import lock_organization
from marketplace.core.errors import DomainError, NotAllowed

EDITABLE = frozenset(
    {
        "institute_kind",
        "name",
        "name_en",
        "name_zh",
        "corporate_number",
        "region_code",
        "phone",
        "website",
        "answer_days",
        "head_name",
        "head_email",
    }
)


@transaction.atomic
def edit_organization(*, organization: Organization, changes: dict[str, Any], by: User) -> Organization:
    """Write `changes` (names from `EDITABLE`). Raises `NotAllowed` unless `by` may edit it."""
    locked = lock_organization(organization)
    if not has_permission(by, Permission.EDIT_ORGANIZATION, locked):
        raise NotAllowed(_("Only a manager of the organization may change its details."))
    if unknown := set(changes) - EDITABLE:
        raise DomainError(_("This cannot be changed here: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    if locked.kind != OrganizationKind.INSTITUTE:
        changes = {**changes, "institute_kind": "", "head_name": "", "head_email": ""}
    if "corporate_number" in changes:
        changes = {**changes, "corporate_number": digits(changes["corporate_number"])}
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=[*changes, "updated_at"])
    return locked
