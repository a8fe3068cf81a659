from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from royalties.models.rules import GovernmentRule, LateRule, SharingRule  # noqa: F401


def _begun_on(day: date) -> Q:
    return Q(effective_from__isnull=True) | Q(effective_from__lte=day)


class SharingRuleQuerySet(models.QuerySet["SharingRule"]):
    def for_contract_of(self, day: date) -> Self:
        """The version of each law that holds for royalty of a licence contract signed on `day`, whenever it comes."""
        latest_first = F("effective_from").desc(nulls_last=True)
        return self.filter(_begun_on(day)).order_by("law", latest_first, "-pk").distinct("law")


class GovernmentRuleQuerySet(models.QuerySet["GovernmentRule"]):
    def for_agreement_of(self, day: date) -> GovernmentRule | None:
        """The regime of an R&D agreement signed on `day`, whenever the income comes."""
        return self.filter(_begun_on(day)).order_by(F("effective_from").desc(nulls_last=True), "-pk").first()


class LateRuleQuerySet(models.QuerySet["LateRule"]):
    def in_order(self) -> LateRuleQuerySet:
        """From the first day on; of one day the newer version last, which is the one that holds."""
        return self.order_by(F("effective_from").asc(nulls_first=True), "version")
