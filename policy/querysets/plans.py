from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch

from accounts.models import User
from policy.enums.plans import PUBLIC_PLAN_STATES, PlanState
from policy.querysets.survey import governs_survey

if TYPE_CHECKING:
    from policy.models import Plan, PlanVersion  # noqa: F401


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, user: User | AnonymousUser) -> PlanQuerySet:
        """Plans with a published version to everybody, all to officers."""
        if governs_survey(user):
            return self
        shown = apps.get_model("policy", "PlanVersion").objects.filter(plan=OuterRef("pk"))
        return self.filter(Exists(shown.filter(state__in=PUBLIC_PLAN_STATES)))

    def newest_first(self) -> PlanQuerySet:
        return self.order_by("-first_year", "kind", "-pk")


class PlanVersionQuerySet(models.QuerySet["PlanVersion"]):
    def visible_to(self, user: User | AnonymousUser) -> PlanVersionQuerySet:
        """What was published to everybody, all to officers."""
        return self if governs_survey(user) else self.filter(state__in=PUBLIC_PLAN_STATES)

    def published(self) -> PlanVersionQuerySet:
        return self.filter(state=PlanState.PUBLISHED)

    def for_page(self) -> PlanVersionQuerySet:
        """With measures and targets in their order."""
        rows = self.select_related("plan", "written_by", "published_by")
        measures = apps.get_model("policy", "Measure").objects.order_by("code")
        targets = apps.get_model("policy", "PlanTarget").objects.order_by("figure", "year")
        return rows.prefetch_related(Prefetch("measures", measures), Prefetch("targets", targets))
