"""Whether an office may be given new work: one answer for quotes, mandates and hand-overs (docs/adr/0028)."""

from collections.abc import Collection
from datetime import date

from django.utils import timezone

from accounts.models import Organization
from brokers.enums.cases import REAPPLY_MONTHS
from brokers.models import Registration
from marketplace.core.days import last_day


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


def reapply_from(registration: Registration) -> date | None:
    """The first day on which somebody cancelled may apply anew; None where nothing was cancelled."""
    if registration.cancelled_at is None:
        return None
    end = last_day(timezone.localdate(registration.cancelled_at), months=REAPPLY_MONTHS)
    return date.fromordinal(end.toordinal() + 1)
