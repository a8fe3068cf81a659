from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import Organization, User

if TYPE_CHECKING:
    from deals.models import Choice, Forecast  # noqa: F401


class ForecastQuerySet(models.QuerySet["Forecast"]):
    def visible_to(self, user: User | AnonymousUser) -> ForecastQuerySet:
        """To the firm whose forecast it is."""
        return (
            self.filter(firm__in=Organization.objects.of(user).values("pk")) if user.is_authenticated else self.none()
        )


class ChoiceQuerySet(models.QuerySet["Choice"]):
    def visible_to(self, user: User | AnonymousUser) -> ChoiceQuerySet:
        """To the firm that chose."""
        return (
            self.filter(firm__in=Organization.objects.of(user).values("pk")) if user.is_authenticated else self.none()
        )
