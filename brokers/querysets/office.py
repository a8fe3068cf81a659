from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import User
from brokers.enums.office import CHECKING, StepKind

if TYPE_CHECKING:
    from brokers.models import ApplicationStep  # noqa: F401 (in strings below)


class ApplicationStepQuerySet(models.QuerySet["ApplicationStep"]):
    def visible_to(self, user: User | AnonymousUser) -> ApplicationStepQuerySet:
        """To whoever may see the application. `note` is for officers: who shows it asks `governs_brokers`."""
        applications = self.model._meta.get_field("application").related_model.objects  # type: ignore[union-attr]
        return self.filter(application__in=applications.visible_to(user).values("pk"))

    def checks(self) -> ApplicationStepQuerySet:
        """Those by which somebody checked the documents."""
        return self.filter(kind__in=CHECKING)

    def published(self) -> ApplicationStepQuerySet:
        """The registrations that were published, the newest first: decree art. 16."""
        return self.filter(kind=StepKind.DESIGNATED).order_by("-at", "-pk")

    def for_list(self) -> ApplicationStepQuerySet:
        """The oldest first, with who did it."""
        return self.select_related("by").order_by("at", "pk")
