from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import User
from deals.querysets.negotiation import seen_by
from royalties.enums.calendar import MONEY_KINDS, OPEN_STATES

if TYPE_CHECKING:
    from royalties.models import Due, SalesStatement, UsageReport  # noqa: F401


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
        return self.open().filter(due_on__lt=day)


class StatementQuerySet(models.QuerySet["SalesStatement"]):
    def visible_to(self, user: User | AnonymousUser) -> StatementQuerySet:
        condition = seen_by(user, "contract__negotiation__")
        return self.none() if condition is None else self.filter(condition)


class UsageQuerySet(models.QuerySet["UsageReport"]):
    def visible_to(self, user: User | AnonymousUser) -> UsageQuerySet:
        condition = seen_by(user, "contract__negotiation__")
        return self.none() if condition is None else self.filter(condition)
