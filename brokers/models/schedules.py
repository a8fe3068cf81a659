import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from brokers.enums.fees import (
    SCHEDULE_STATES,
    FeeBasis,
    FeeMethod,
    PayingSide,
    ScheduleState,
    ScheduleUse,
)
from brokers.fees import Plan, Tier
from brokers.querysets.fees import FeeScheduleQuerySet
from marketplace.core.models import PublicId, TimeStamped
from marketplace.core.money import BASIS_POINTS

SOURCE_LENGTH = 500


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class FeeSchedule(PublicId, TimeStamped):
    """A version of the fee guideline, or a table to compare it with. A published one is never changed.

    Officers write a draft; one who did not write it publishes it, and it holds from `valid_from` on (a day in Korea)
    until the next one does. What comes with the product has a `reference`. Rates and shares are basis points, bounds
    whole won; an empty bound does not bound. `minimum_won` is where the guideline begins, `floor_won` and `ceiling_won`
    are what neither it nor an agreed fee passes without a decision. Within `below_bp` and `above_bp` of the guideline's
    fee no reason is needed. `is_assumption`: some of it stands in no source; `source` says what.
    """

    reference = models.SlugField(max_length=40, blank=True)
    use = models.CharField(_("Use"), max_length=12, choices=ScheduleUse, default=ScheduleUse.GUIDELINE)
    name_ko = models.CharField(_("Name of the version in Korean"), max_length=120)
    name_en = models.CharField(_("Name of the version in English"), max_length=120)
    name_zh = models.CharField(_("Name of the version in Chinese"), max_length=120)
    basis = models.CharField(_("Basis"), max_length=20, choices=FeeBasis, default=FeeBasis.CONTRACT_VALUE)
    method = models.CharField(_("Method"), max_length=10, choices=FeeMethod, default=FeeMethod.MARGINAL)
    minimum_won = models.PositiveBigIntegerField(_("Minimum fee"), null=True, blank=True)
    floor_won = models.PositiveBigIntegerField(_("Floor"), null=True, blank=True)
    ceiling_won = models.PositiveBigIntegerField(_("Ceiling"), null=True, blank=True)
    retainer_won = models.PositiveBigIntegerField(_("Retainer"), default=0)
    retainer_credited = models.BooleanField(_("The retainer is credited against the success fee"), default=True)
    vat_bp = models.PositiveIntegerField(_("VAT"), default=1_000)
    vat_included = models.BooleanField(_("VAT is included in the fee"), default=False)
    paid_by = models.CharField(_("Who pays"), max_length=10, choices=PayingSide, default=PayingSide.HOLDER)
    holder_share_bp = models.PositiveIntegerField(_("Share of the holder"), default=BASIS_POINTS)
    tail_months = models.PositiveSmallIntegerField(_("Tail in months"), default=0)
    below_bp = models.PositiveIntegerField(_("Band below the guideline"), default=0)
    above_bp = models.PositiveIntegerField(_("Band above the guideline"), default=0)
    valid_from = models.DateField(_("Valid from"), null=True, blank=True)
    source = models.CharField(_("Source"), max_length=SOURCE_LENGTH, blank=True)
    is_assumption = models.BooleanField(_("Some of it is an assumption"), default=True)

    state = models.CharField(_("State"), max_length=10, choices=ScheduleState, default=ScheduleState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField(_("Published"), null=True, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    superseded_at = models.DateTimeField(_("Superseded"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("Withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawal_reason = models.CharField(_("Reason for withdrawal"), max_length=500, blank=True)

    objects = FeeScheduleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="schedule_state_known", condition=Q(state__in=ScheduleState.values)),
            models.CheckConstraint(name="schedule_use_known", condition=Q(use__in=ScheduleUse.values)),
            models.CheckConstraint(name="schedule_basis_known", condition=Q(basis__in=FeeBasis.values)),
            models.CheckConstraint(name="schedule_method_known", condition=Q(method__in=FeeMethod.values)),
            models.CheckConstraint(name="schedule_named", condition=~Q(name_ko="") & ~Q(name_en="") & ~Q(name_zh="")),
            models.CheckConstraint(name="schedule_says_where_from", condition=~Q(source="") | Q(is_assumption=True)),
            models.CheckConstraint(
                name="schedule_shares_of_who_pays",
                condition=Q(paid_by=PayingSide.HOLDER, holder_share_bp=BASIS_POINTS)
                | Q(paid_by=PayingSide.FIRM, holder_share_bp=0)
                | Q(paid_by=PayingSide.BOTH, holder_share_bp__gt=0, holder_share_bp__lt=BASIS_POINTS),
            ),
            models.CheckConstraint(
                name="schedule_rates_in_bounds",
                condition=Q(vat_bp__lte=BASIS_POINTS, below_bp__lte=BASIS_POINTS, above_bp__lte=BASIS_POINTS),
            ),
            models.CheckConstraint(
                name="schedule_floor_not_above_ceiling",
                condition=Q(floor_won__isnull=True) | Q(ceiling_won__isnull=True) | Q(floor_won__lte=F("ceiling_won")),
            ),
            models.CheckConstraint(
                name="schedule_minimum_in_bounds",
                condition=Q(minimum_won__isnull=True)
                | (
                    (Q(floor_won__isnull=True) | Q(minimum_won__gte=F("floor_won")))
                    & (Q(ceiling_won__isnull=True) | Q(minimum_won__lte=F("ceiling_won")))
                ),
            ),
            models.CheckConstraint(
                name="schedule_published_says_when",
                condition=Q(state__in=[ScheduleState.PUBLISHED, ScheduleState.SUPERSEDED], published_at__isnull=False)
                | Q(state=ScheduleState.DRAFT, published_at__isnull=True, published_by__isnull=True)
                | Q(state=ScheduleState.WITHDRAWN),
            ),
            models.CheckConstraint(
                name="schedule_guideline_published_by_somebody",
                condition=Q(published_at__isnull=True)
                | Q(published_by__isnull=False)
                | (Q(use=ScheduleUse.COMPARISON) & ~Q(reference="")),
            ),
            models.CheckConstraint(
                name="schedule_guideline_says_from_when",
                condition=Q(valid_from__isnull=False)
                | Q(use=ScheduleUse.COMPARISON)
                | Q(state__in=[ScheduleState.DRAFT, ScheduleState.WITHDRAWN]),
            ),
            models.CheckConstraint(
                name="schedule_superseded_says_when",
                condition=Q(state=ScheduleState.SUPERSEDED, superseded_at__isnull=False)
                | (~Q(state=ScheduleState.SUPERSEDED) & Q(superseded_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="schedule_withdrawn_says_why",
                condition=(
                    Q(state=ScheduleState.WITHDRAWN, withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                    & ~Q(withdrawal_reason="")
                )
                | (
                    ~Q(state=ScheduleState.WITHDRAWN)
                    & Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawal_reason="")
                ),
            ),
            models.UniqueConstraint(
                fields=["reference"], name="schedule_once_per_reference", condition=~Q(reference="")
            ),
            models.UniqueConstraint(
                fields=["valid_from"],
                name="schedule_one_guideline_per_day",
                condition=Q(use=ScheduleUse.GUIDELINE, state=ScheduleState.PUBLISHED),
            ),
        ]
        triggers = [pgtrigger.FSM(name="schedule_moves", field="state", transitions=SCHEDULE_STATES.pairs())]

    def __str__(self) -> str:
        return self.name_ko

    def name_in(self, language: str) -> str:
        return {"en": self.name_en, "zh": self.name_zh}.get(language[:2], "") or self.name_ko

    @property
    def display_name(self) -> str:
        """The name for whoever reads the page."""
        return self.name_in(get_language() or "ko")

    @property
    def where_from(self) -> str:
        """Its source in the reader's language, as far as `SCHEDULE_SOURCES` knows it."""
        return gettext(self.source) if self.source else ""

    @property
    def is_draft(self) -> bool:
        return self.state == ScheduleState.DRAFT

    @property
    def firm_share_bp(self) -> int:
        return BASIS_POINTS - self.holder_share_bp

    @property
    def plan(self) -> Plan:
        """What `fees.quote` computes with. Asks for the tiers, where they were not fetched with the row."""
        rows = sorted(self.tiers.all(), key=lambda tier: tier.from_won)
        return Plan(
            method=self.method,
            tiers=tuple(Tier(tier.from_won, tier.rate_bp) for tier in rows),
            minimum_won=self.minimum_won,
            floor_won=self.floor_won,
            ceiling_won=self.ceiling_won,
            retainer_won=self.retainer_won,
            retainer_credited=self.retainer_credited,
            vat_bp=self.vat_bp,
            vat_included=self.vat_included,
            holder_share_bp=self.holder_share_bp,
            below_bp=self.below_bp,
            above_bp=self.above_bp,
        )


class FeeTier(models.Model):
    """A rate and where it begins. It ends where the next one begins, so tiers leave no gap and do not overlap.

    Of a published schedule no tier comes, goes or changes (`migrations/0002_guards`).
    """

    schedule = models.ForeignKey(FeeSchedule, on_delete=models.PROTECT, related_name="tiers")
    from_won = models.PositiveBigIntegerField(_("Above"))
    rate_bp = models.PositiveIntegerField(pgettext_lazy("fee", "Rate"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "from_won"], name="tier_once_per_bound"),
            models.CheckConstraint(name="tier_rate_in_bounds", condition=Q(rate_bp__lte=BASIS_POINTS)),
        ]

    def __str__(self) -> str:
        return f"{self.from_won}: {self.rate_bp}"


class ScheduleWriting(models.Model):
    """That somebody wrote in a draft, and when: append-only. Who stands here does not publish it."""

    schedule = models.ForeignKey(FeeSchedule, on_delete=models.PROTECT, related_name="writings")
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.written_at:%Y-%m-%d %H:%M}"
