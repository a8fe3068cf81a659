"""Whether an office may be given new work: one answer for quotes, mandates and hand-overs (docs/adr/0028)."""

from collections.abc import Collection
from datetime import date

from django.utils import timezone

from accounts.models import Organization
from brokers import requirements
from brokers.enums.cases import REAPPLY_MONTHS
from brokers.enums.registration import RequirementKey
from brokers.models import Registration, Requirement, RequirementVersion


def closed_to_work(organizations: Collection[Organization]) -> set[int]:
    """Which of these (primary keys) are registered and may not be given new work. Two queries.

    Who was never registered works outside of the register and is not among them.
    """
    keys = {organization.pk for organization in organizations}
    rows = Registration.objects.filter(organization__in=keys)
    registered = set(rows.values_list("organization_id", flat=True))
    return registered - set(rows.open_to_work().values_list("organization_id", flat=True))


def no_longer_registered(organizations: Collection[Organization]) -> set[int]:
    """Which of these (primary keys) were registered, and every registration was cancelled. Two queries."""
    keys = {organization.pk for organization in organizations}
    rows = Registration.objects.filter(organization__in=keys)
    registered = set(rows.values_list("organization_id", flat=True))
    return registered - set(rows.listed().values_list("organization_id", flat=True))


def is_closed_to_work(organization: Organization) -> bool:
    return bool(closed_to_work([organization]))


def reapply_from(registration: Registration, *, day: date) -> date | None:
    """The first day on which somebody cancelled may apply anew, by the requirements in force on `day`.

    None where nothing was cancelled. A version without such a line says nothing: then it is the six months of the Act.
    """
    if registration.cancelled_at is None:
        return None
    cancelled_on = timezone.localdate(registration.cancelled_at)
    version = RequirementVersion.objects.in_force_on(day, registration.kind)
    line = Requirement.objects.filter(version__in=version, key=RequirementKey.SINCE_CANCELLATION).first()
    if line is not None and line.is_waived:
        return cancelled_on
    return requirements.reapply_from(cancelled_on, REAPPLY_MONTHS if line is None else line.least)
