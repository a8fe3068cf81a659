from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import OuterRef, Q, Subquery

from accounts.models import User
from policy.enums.index import WeightsState
from policy.querysets.survey import governs_survey

if TYPE_CHECKING:
    from policy.models import IndexWeights, PeerPlacement, Ranking, RankingLine  # noqa: F401


class IndexWeightsQuerySet(models.QuerySet["IndexWeights"]):
    def visible_to(self, user: User | AnonymousUser) -> IndexWeightsQuerySet:
        """Published versions to everybody, all to officers."""
        return self if governs_survey(user) else self.published()

    def published(self) -> IndexWeightsQuerySet:
        return self.filter(state=WeightsState.PUBLISHED)

    def newest_first(self) -> IndexWeightsQuerySet:
        return self.select_related("written_by", "published_by").order_by("-version")

    def in_use(self) -> IndexWeightsQuerySet:
        """The version that the next ranking is computed by, as the first row."""
        return self.published().order_by("-version")


class PeerPlacementQuerySet(models.QuerySet["PeerPlacement"]):
    def current(self) -> PeerPlacementQuerySet:
        newest = self.model._default_manager.filter(institute=OuterRef("institute")).order_by("-pk").values("pk")[:1]
        return self.filter(pk=Subquery(newest))


class RankingQuerySet(models.QuerySet["Ranking"]):
    def current(self) -> RankingQuerySet:
        """The newest version of each year."""
        newest = self.model._default_manager.filter(year=OuterRef("year")).order_by("-version").values("pk")[:1]
        return self.filter(pk=Subquery(newest))

    def newest_first(self) -> RankingQuerySet:
        return self.select_related("weights").order_by("-year", "-version")


class RankingLineQuerySet(models.QuerySet["RankingLine"]):
    def for_list(self) -> RankingLineQuerySet:
        return self.select_related("institute", "ranking__weights").order_by("group", "rank", "institute__name", "pk")

    def in_group(self, group: str) -> RankingLineQuerySet:
        return self.filter(Q(group=group)) if group else self
