from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from vouchers.enums.recovery import RecoveryState, SanctionKind, SanctionState
from vouchers.querysets.money import offices_of, organizations_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

OWED = (RecoveryState.CONFIRMED, RecoveryState.DELINQUENT)
UNDECIDED = (RecoveryState.NOTICED, RecoveryState.OBJECTED)


class RecoveryQuerySet(models.QuerySet["Recovery"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> RecoveryQuerySet:
        """Members of the debtor, and officers of the office whose call it was. Not the other side of the order."""
        return self.filter(Q(debtor__in=organizations_of(user)) | Q(voucher__line__call__office__in=offices_of(user)))

    def owed(self) -> RecoveryQuerySet:
        return self.filter(state__in=OWED)

    def alive(self) -> RecoveryQuerySet:
        """What binds paid money of its voucher."""
        return self.filter(state__in=[*UNDECIDED, *OWED])

    def for_list(self) -> RecoveryQuerySet:
        return self.select_related("debtor", "voucher__line__call__office").prefetch_related("receipts", "instalments")

    def for_page(self) -> RecoveryQuerySet:
        return self.select_related(
            "debtor", "voucher__holder", "voucher__line__call__office", "noticed_by", "decided_by"
        )


class SanctionQuerySet(models.QuerySet["Sanction"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> SanctionQuerySet:
        """Officers of the office; members of the organization once it is imposed, or from the start where they are
        heard on it."""
        told = Q(state__in=[SanctionState.IMPOSED, SanctionState.LIFTED]) | Q(answer_by__isnull=False)
        return self.filter(told & Q(organization__in=organizations_of(user)) | Q(office__in=offices_of(user)))

    def for_list(self) -> SanctionQuerySet:
        return self.select_related("organization", "office", "recovery", "proposed_by", "decided_by")

    def in_force_on(self, day: date) -> SanctionQuerySet:
        """Imposed and not over: an exclusion ends by itself after `until_on`."""
        return self.filter(state=SanctionState.IMPOSED, from_on__lte=day).filter(
            Q(until_on__isnull=True) | Q(until_on__gte=day)
        )

    def exclusions_on(self, day: date) -> SanctionQuerySet:
        return self.in_force_on(day).filter(kind=SanctionKind.EXCLUSION)

    def public_on(self, day: date) -> SanctionQuerySet:
        """What the law has published: exclusions for fraud, while they last (Subsidy Act art. 36-2)."""
        return self.exclusions_on(day).filter(is_public=True)
