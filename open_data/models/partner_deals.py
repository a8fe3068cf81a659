import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import Region
from accounts.models import Organization, User
from marketplace.core.models import PublicId
from open_data.enums import PARTNER_DEAL_STATES, PartnerDealState
from open_data.querysets import PartnerDealQuerySet
from royalties.enums.rules import FirmSize
from tech_listings.enums import DealKind
from tech_listings.models import Listing

MOST_WON = 10**15
S = PartnerDealState


class PartnerDeal(PublicId):
    """A deal of a technology that a partner mirrors, as the partner reports it and the holder confirms or rejects.

    `own_number` is the partner's, which makes it one deal however often it is sent. Of the firm only size and region
    are said. `amount_won` is empty where the partner may not say it. `happened_on` is a day in Korea.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="partner_deals")
    own_number = models.CharField(_("Number of the partner"), max_length=60)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="partner_deals")
    kind = models.CharField(_("Kind of deal"), max_length=30, choices=DealKind)
    happened_on = models.DateField(_("Day of the deal"))
    amount_won = models.PositiveBigIntegerField(_("Amount (won)"), null=True, blank=True)
    firm_size = models.CharField(_("Size of the firm"), max_length=10, choices=FirmSize, blank=True)
    firm_region = models.CharField(_("Region of the firm"), max_length=10, choices=Region, blank=True)
    state = models.CharField(_("State"), max_length=10, choices=PartnerDealState, default=PartnerDealState.REPORTED)
    reported_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("Reason"), max_length=300, blank=True)

    objects = PartnerDealQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "own_number"], name="partner_deal_once_per_own_number"),
            models.CheckConstraint(name="partner_deal_kind_known", condition=Q(kind__in=DealKind.values)),
            models.CheckConstraint(name="partner_deal_state_known", condition=Q(state__in=PartnerDealState.values)),
            models.CheckConstraint(
                name="partner_deal_size_known", condition=Q(firm_size="") | Q(firm_size__in=FirmSize.values)
            ),
            models.CheckConstraint(
                name="partner_deal_region_known", condition=Q(firm_region="") | Q(firm_region__in=Region.values)
            ),
            models.CheckConstraint(
                name="partner_deal_amount", condition=Q(amount_won__isnull=True) | Q(amount_won__lte=MOST_WON)
            ),
            models.CheckConstraint(
                name="partner_deal_decided_by_somebody",
                condition=Q(state=S.REPORTED, decided_at__isnull=True, decided_by__isnull=True, reason="")
                | Q(state=S.CONFIRMED, decided_at__isnull=False, decided_by__isnull=False)
                | (Q(state=S.REJECTED, decided_at__isnull=False, decided_by__isnull=False) & ~Q(reason="")),
            ),
        ]
        indexes = [models.Index(fields=["listing", "state"], name="partner_deals_of_listing")]
        triggers = [pgtrigger.FSM(name="partner_deal_moves", field="state", transitions=PARTNER_DEAL_STATES.pairs())]

    def __str__(self) -> str:
        return self.own_number
