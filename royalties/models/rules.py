"""Versions of what the law says about royalty, as data. What came with the product is never changed or deleted, by
triggers (`migrations/0002_rules_are_frozen`): whatever was shared out names the version that it was shared out by.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.forms import model_to_dict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.core.models import PublicId
from royalties.enums.rules import ShareBase, SharingLaw
from royalties.querysets.rules import GovernmentRuleQuerySet, LateRuleQuerySet, SharingRuleQuerySet
from royalties.sharing.distribution import DistributionRule
from royalties.sharing.government import Regime
from royalties.sharing.late import Rate


class RuleVersion(PublicId):
    """`effective_from` empty: from ever. `is_assumption`: the source does not say all of this in so many words."""

    version = models.PositiveSmallIntegerField(pgettext_lazy("contract", "Version"))
    label = models.CharField(_("Short name"), max_length=10)
    effective_from = models.DateField(_("In force from"), null=True, blank=True)
    source = models.CharField(_("Source"), max_length=500)
    is_assumption = models.BooleanField(_("Assumption"), default=False)
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def why(self) -> str:
        """Its source in the reader's language, as far as `RULE_SOURCES` knows it."""
        return gettext(self.source)


class SharingRule(RuleVersion):
    """What a law asks of a non-profit holder's royalty, told by the day of the licence contract."""

    law = models.CharField(_("Law"), max_length=20, choices=SharingLaw)
    base = models.CharField(_("Taken of"), max_length=20, choices=ShareBase)
    floors = models.JSONField(_("At least"))

    objects = SharingRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="sharing_rule_law_known", condition=Q(law__in=SharingLaw.values)),
            models.CheckConstraint(name="sharing_rule_base_known", condition=Q(base__in=ShareBase.values)),
            models.CheckConstraint(name="sharing_rule_has_source", condition=~Q(source="")),
            models.UniqueConstraint(fields=["law", "version"], name="sharing_rule_version_once"),
            models.UniqueConstraint(
                fields=["law", "effective_from"], name="sharing_rule_one_per_day", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.law} {self.label}"

    @property
    def plan(self) -> DistributionRule:
        """What `sharing.distribution` computes with."""
        return DistributionRule.of(_as_row(self))


class GovernmentRule(RuleVersion):
    """What a company owes the government of its income with a result, told by the day of the R&D agreement.

    Rates in basis points by `FirmSize`; `sharing.government.Regime` says what each column means.
    """

    once_bp = models.JSONField(_("Owed once"), null=True, blank=True)
    licence_bp = models.JSONField(_("Of licence royalty"), null=True, blank=True)
    direct_bp = models.JSONField(_("Of own sales"))
    by_contribution = models.BooleanField(_("By contribution of the technology"))
    cap_bp = models.JSONField(_("At most, of the government's money"))
    years_from_first = models.PositiveSmallIntegerField(_("Years from the first income"), null=True, blank=True)
    years_from_end = models.PositiveSmallIntegerField(_("Years from the end of the task"), null=True, blank=True)
    pay_days = models.PositiveSmallIntegerField(_("Days to pay"))

    objects = GovernmentRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="government_rule_has_source", condition=~Q(source="")),
            models.CheckConstraint(
                name="government_rule_once_or_share",
                condition=Q(once_bp__isnull=True, licence_bp__isnull=False)
                | Q(once_bp__isnull=False, licence_bp__isnull=True),
            ),
            models.UniqueConstraint(fields=["version"], name="government_rule_version_once"),
            models.UniqueConstraint(
                fields=["effective_from"], name="government_rule_one_per_day", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def plan(self) -> Regime:
        """What `sharing.government` computes with."""
        return Regime.of(_as_row(self))


class LateRule(RuleVersion):
    """Interest on what is paid late, a year in basis points, told by each day of delay: a new version takes over on
    its day, the newer one of two for the same day. `year_days` is what a year of it has. `written_by` is the officer,
    empty for what came with the product.
    """

    rate_bp = models.PositiveIntegerField(_("Interest a year"))
    year_days = models.PositiveSmallIntegerField(_("Days of a year"), default=365)
    written_at = models.DateTimeField(_("Written"), null=True, blank=True)
    written_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = LateRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="late_rule_has_source", condition=~Q(source="")),
            models.CheckConstraint(name="late_rule_rate_in_bounds", condition=Q(rate_bp__lte=2_000)),
            models.CheckConstraint(name="late_rule_year_in_bounds", condition=Q(year_days__in=[360, 365, 366])),
            models.UniqueConstraint(fields=["version"], name="late_rule_version_once"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def plan(self) -> Rate:
        """What `sharing.late` computes with."""
        return Rate(self.version, self.effective_from, self.rate_bp, self.year_days)


def _as_row(rule: models.Model) -> dict[str, Any]:
    return model_to_dict(rule)
