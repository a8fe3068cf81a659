from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from accounts.enums import OrganizationKind

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class BudgetLineQuerySet(models.QuerySet["BudgetLine"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> BudgetLineQuerySet:
        """Officers of the office whose call it is."""
        return self.filter(call__office__in=offices_of(user))


def offices_of(user: User | AnonymousUser) -> list[int]:
    """Ids of the government offices a person works for."""
    if not user.is_authenticated:
        return []
    return [
        membership.organization_id
        for membership in user.active_memberships()
        if membership.organization.kind == OrganizationKind.GOVERNMENT
    ]


def organizations_of(user: User | AnonymousUser) -> list[int]:
    """Ids of all organizations a person works for."""
    return [each.organization_id for each in user.active_memberships()] if user.is_authenticated else []
