from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef

from accounts.models import User

if TYPE_CHECKING:
    from policy.models import LiveValue, NationalValue, Snapshot, Target  # noqa: F401


class LiveValueQuerySet(models.QuerySet["LiveValue"]):
    def visible_to(self, user: User | AnonymousUser, codes: list[str]) -> LiveValueQuerySet:
        """Of the figures that the user may see: `codes`, as `queries.figures.access` tells them."""
        return self.filter(figure__in=codes)


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def visible_to(self, user: User | AnonymousUser, codes: list[str]) -> SnapshotQuerySet:
        return self.filter(figure__in=codes)

    def counting(self) -> SnapshotQuerySet:
        """The newest version of each month."""
        return self.filter(~self._corrections())

    def with_corrections(self) -> SnapshotQuerySet:
        """Each says whether it was corrected since (`Valued.is_corrected`)."""
        return self.annotate(has_correction=self._corrections())

    def _corrections(self) -> Exists:
        later = self.model._default_manager.filter(
            figure=OuterRef("figure"), month=OuterRef("month"), year=OuterRef("year"), version__gt=OuterRef("version")
        )
        return Exists(later)

    def newest_first(self) -> SnapshotQuerySet:
        return self.order_by("-month", "-year", "-version")


class TargetQuerySet(models.QuerySet["Target"]):
    def current(self) -> TargetQuerySet:
        return self.filter(replaced_at__isnull=True)

    def visible_to(self, user: User | AnonymousUser, codes: list[str]) -> TargetQuerySet:
        return self.filter(figure__in=codes)


class NationalValueQuerySet(models.QuerySet["NationalValue"]):
    def visible_to(self, user: User | AnonymousUser) -> NationalValueQuerySet:
        """They were published."""
        return self.all()
