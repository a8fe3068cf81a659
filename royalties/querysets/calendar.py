from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from deals.querysets.negotiation import seen_by
from royalties.enums.calendar import MONEY_KINDS, OPEN_STATES, ReachedState, StatementState

if TYPE_CHECKING:
    from deals.models import Contract
    from royalties.models import Due, ReachedReport, SalesStatement, UsageReport  # noqa: F401


FEW = 200


def sides_of(organization: Organization) -> dict[str, Q]:
    """What narrows dues to contracts of the organization, by its side: `holder`, `firm`, or `broker` who takes part.

    Only where it has any: one condition reads one index in its order, several together do not. A broker's contracts,
    where they are few, are named one by one: then the database knows how few they are, and does not look through the
    dues of all others by their days.
    """
    contract = apps.get_model("deals", "Contract").objects
    found = {
        side: Q(**{side: organization})
        for side in ("holder", "firm")
        if contract.filter(**{side: organization}).exists()
    }
    if organization.kind == OrganizationKind.BROKER:
        brokered = brokered_by(organization).order_by("pk").values_list("pk", flat=True)
        keys = list(brokered[: FEW + 1])
        if keys:
            found["broker"] = Q(contract__in=keys if len(keys) <= FEW else brokered.order_by())
    return found


def brokered_by(organization: Organization) -> models.QuerySet[Contract]:
    """Contracts in whose negotiation it takes part as a broker: while its mandate is in force, as in `seen_by`."""
    parts = apps.get_model("deals", "NegotiationBroker").objects.acting_on(timezone.localdate())
    negotiations = parts.filter(organization=organization).values("negotiation")
    found: models.QuerySet[Contract] = apps.get_model("deals", "Contract").objects.filter(negotiation__in=negotiations)
    return found


def late_on(day: date) -> Q:
    """Whose last day has passed: its own, and that of the invoice that stands."""
    return Q(due_on__lt=day) & (Q(pay_by__isnull=True) | Q(pay_by__lt=day))


class DueQuerySet(models.QuerySet["Due"]):
    def visible_to(self, user: User | AnonymousUser) -> DueQuerySet:
        """To those who see the contract."""
        condition = seen_by(user, "contract__negotiation__")
        return self.none() if condition is None else self.filter(condition)

    def open(self) -> DueQuerySet:
        return self.filter(state__in=OPEN_STATES)

    def money(self) -> DueQuerySet:
        return self.filter(kind__in=MONEY_KINDS)

    def overdue_on(self, day: date) -> DueQuerySet:
        """As `Due.is_overdue_on`."""
        return self.open().filter(late_on(day), is_owed=True)

    def of(self, organization: Organization) -> DueQuerySet:
        """Of contracts that the organization is a side of, or takes part in as a broker.

        Members of it see all of these (`visible_to`); dues are there only for contracts that were concluded.
        """
        sides = sides_of(organization).values()
        return self.filter(reduce(or_, sides)) if sides else self.none()

    def for_list(self) -> DueQuerySet:
        return self.select_related("contract__listing", "contract__holder", "contract__firm").order_by("due_on", "pk")

    def for_page(self) -> DueQuerySet:
        return self.select_related(
            "contract__listing", "contract__holder", "contract__firm", "contract__negotiation", "version", "waived_by"
        )


class StatementQuerySet(models.QuerySet["SalesStatement"]):
    def visible_to(self, user: User | AnonymousUser) -> StatementQuerySet:
        condition = seen_by(user, "contract__negotiation__")
        return self.none() if condition is None else self.filter(condition)

    def counting(self) -> StatementQuerySet:
        """The one of each year that counts."""
        return self.exclude(state=StatementState.CORRECTED)

    def waiting(self) -> StatementQuerySet:
        """For the holder's word."""
        return self.filter(state=StatementState.REPORTED)

    def for_page(self) -> StatementQuerySet:
        return self.select_related(
            "contract__listing", "contract__holder", "contract__firm", "reported_by", "checked_by"
        )


class UsageQuerySet(models.QuerySet["UsageReport"]):
    def visible_to(self, user: User | AnonymousUser) -> UsageQuerySet:
        condition = seen_by(user, "contract__negotiation__")
        return self.none() if condition is None else self.filter(condition)


class ReachedQuerySet(models.QuerySet["ReachedReport"]):
    def visible_to(self, user: User | AnonymousUser) -> ReachedQuerySet:
        condition = seen_by(user, "due__contract__negotiation__")
        return self.none() if condition is None else self.filter(condition)

    def waiting(self) -> ReachedQuerySet:
        """For the holder's word; not where an end or other terms have taken off what was to be reached."""
        return self.filter(state=ReachedState.REPORTED, due__state__in=OPEN_STATES)
