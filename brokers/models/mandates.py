from datetime import date

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from brokers.enums.mandates import (
    AGREED_UPON,
    MANDATE_STATES,
    MOST_SUBJECTS,
    PARTNER_STATES,
    DealOrigin,
    MandateState,
    OfferedBy,
    PartnerState,
    Side,
)
from brokers.models.schedules import FeeSchedule
from brokers.querysets.mandates import BrokeredDealQuerySet, ConsentQuerySet, MandateQuerySet
from marketplace.core import days
from marketplace.core.models import PublicId, TimeStamped
from marketplace.core.money import BASIS_POINTS
from matching.models import Need
from tech_listings.enums import DealKind
from tech_listings.models import Listing

LONG_TEXT = 4_000


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Mandate(PublicId, TimeStamped):
    """A client lets a broker act for it: for some of its technologies, or for a need, for a time.

    `side` is the client's. Either offers, the other one accepts. Several brokers may act together: `partners` says with
    which share each, `broker` leads. The fee is the guideline's (`schedule`), times `fee_bp` basis points: 10,000 is
    the guideline itself. `tail_months` after the end the fee is still owed for who was introduced before it.
    Both days belong to the term. An offer can be accepted up to and with `offer_until`. Without technologies
    (`subject_count` is 0) and without a need it is about everything of the client. `conflict` is what the broker says
    about also acting for the other side (`MandateConsent`). `told_of` is the last step its sides were told of. Where an
    office ended it, `ended_side` is empty.
    """

    number = models.CharField(_("Number"), max_length=11, unique=True)
    broker = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="mandates_held")
    client = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="mandates_given")
    side = models.CharField(_("Side"), max_length=10, choices=Side)
    need = models.ForeignKey(Need, null=True, blank=True, on_delete=models.PROTECT, related_name="mandates")
    is_exclusive = models.BooleanField(_("Exclusive"), default=False)
    starts_on = models.DateField(_("First day"))
    ends_on = models.DateField(_("Last day"))
    tail_months = models.PositiveSmallIntegerField(_("Tail in months"))
    schedule = models.ForeignKey(FeeSchedule, on_delete=models.PROTECT, related_name="mandates")
    fee_bp = models.PositiveIntegerField(_("Part of the guideline's fee"), default=BASIS_POINTS)
    terms = models.TextField(_("What else is agreed"), max_length=LONG_TEXT, blank=True)
    subject_count = models.PositiveSmallIntegerField(default=0)
    conflict = models.TextField(_("Declared conflict of interest"), max_length=LONG_TEXT, blank=True)
    idempotency_key = models.UUIDField(null=True, blank=True)

    state = models.CharField(_("State"), max_length=10, choices=MandateState, default=MandateState.OFFERED)
    offered_side = models.CharField(pgettext_lazy("mandate", "Offered by"), max_length=10, choices=OfferedBy)
    offered_at = models.DateTimeField(pgettext_lazy("mandate", "Offered"))
    offered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    offer_until = models.DateField(_("Can be accepted until"))
    answered_at = models.DateTimeField(_("Answered"), null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer_text = models.TextField(_("Answer"), max_length=LONG_TEXT, blank=True)
    ended_on = models.DateField(_("Ended on"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_side = models.CharField(max_length=10, choices=OfferedBy, blank=True)
    end_reason = models.CharField(_("Why it ended"), max_length=500, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    told_of = models.SmallIntegerField(null=True, blank=True, editable=False)

    objects = MandateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="mandate_side_known", condition=Q(side__in=Side.values)),
            models.CheckConstraint(name="mandate_state_known", condition=Q(state__in=MandateState.values)),
            models.CheckConstraint(name="mandate_offered_by_known", condition=Q(offered_side__in=OfferedBy.values)),
            models.CheckConstraint(name="mandate_number_form", condition=Q(number__regex=r"^M(19|20)[0-9]{8}$")),
            models.CheckConstraint(name="mandate_not_to_oneself", condition=~Q(broker=F("client"))),
            models.CheckConstraint(name="mandate_term_in_order", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(name="mandate_need_of_a_firm", condition=Q(need__isnull=True) | Q(side=Side.FIRM)),
            models.CheckConstraint(
                name="mandate_subjects_of_a_holder",
                condition=Q(subject_count=0) | Q(side=Side.HOLDER, subject_count__lte=MOST_SUBJECTS),
            ),
            models.CheckConstraint(name="mandate_fee_in_bounds", condition=Q(fee_bp__gte=1, fee_bp__lte=50_000)),
            models.CheckConstraint(name="mandate_tail_in_bounds", condition=Q(tail_months__lte=36)),
            models.CheckConstraint(
                name="mandate_answered_says_who",
                condition=Q(
                    state__in=[MandateState.OFFERED, MandateState.WITHDRAWN],
                    answered_at__isnull=True,
                    answered_by__isnull=True,
                )
                | (
                    ~Q(state__in=[MandateState.OFFERED, MandateState.WITHDRAWN])
                    & Q(answered_at__isnull=False, answered_by__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="mandate_accepted_by_another",
                condition=~Q(state__in=AGREED_UPON) | ~Q(answered_by=F("offered_by")),
            ),
            models.CheckConstraint(
                name="mandate_withdrawn_says_who",
                condition=Q(state=MandateState.WITHDRAWN, withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                | (~Q(state=MandateState.WITHDRAWN) & Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="mandate_ended_side_known", condition=Q(ended_side="") | Q(ended_side__in=OfferedBy.values)
            ),
            models.CheckConstraint(
                name="mandate_ended_says_when",
                condition=Q(state=MandateState.ENDED, ended_on__isnull=False, ended_at__isnull=False)
                | (~Q(state=MandateState.ENDED) & Q(ended_on__isnull=True, ended_at__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["offered_by", "idempotency_key"],
                name="mandate_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["broker", "state", "-offered_at"], name="mandates_of_broker"),
            models.Index(fields=["client", "state", "-offered_at"], name="mandates_of_client"),
            models.Index(fields=["-offered_at", "-id"], name="mandates_newest"),
            models.Index(fields=["ends_on"], name="mandates_by_end", condition=Q(state=MandateState.ACCEPTED)),
            models.Index(fields=["offer_until"], name="mandates_offered", condition=Q(state=MandateState.OFFERED)),
        ]
        triggers = [pgtrigger.FSM(name="mandate_moves", field="state", transitions=MANDATE_STATES.pairs())]

    def __str__(self) -> str:
        return self.number

    @property
    def last_day(self) -> date:
        """The last day of the term, which somebody may have ended sooner."""
        return self.ended_on or self.ends_on

    @property
    def tail_until(self) -> date:
        """Up to and with this day a fee is owed for whom the broker brought before the end."""
        return days.last_day(self.last_day, months=self.tail_months)

    @property
    def is_of_everything(self) -> bool:
        return self.need_id is None and self.subject_count == 0

    @property
    def first_subject(self) -> Listing:
        """The technology of the lowest number, of a mandate about some, read `with_first_subject` or `for_page`."""
        read: list[MandateListing] = getattr(self, "first_subjects", None) or list(self.subjects.all())
        return read[0].listing

    def has_lapsed_on(self, day: date) -> bool:
        return self.state == MandateState.OFFERED and self.offer_until < day

    def may_be_ended_on(self, day: date) -> bool:
        """Agreed, not ended, and its term is not over."""
        return self.state == MandateState.ACCEPTED and self.ends_on >= day

    def is_quoted_under_on(self, day: date) -> bool:
        """In force, or in its tail."""
        return self.state in AGREED_UPON and self.starts_on <= day <= self.tail_until

    def is_running_on(self, day: date) -> bool:
        """In force, or agreed and not begun."""
        return self.state in AGREED_UPON and self.last_day >= day


class MandateListing(models.Model):
    """A technology of the holder that a mandate is about."""

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="subjects")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="mandate_subjects")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mandate", "listing"], name="mandate_listing_once")]

    def __str__(self) -> str:
        return f"{self.mandate_id} {self.listing_id}"


class MandatePartner(models.Model):
    """A broker in a mandate, the leading one included, and its share of the fee: 10,000 basis points together."""

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="partners")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="mandate_parts")
    share_bp = models.PositiveIntegerField(_("Share"))
    state = models.CharField(_("State"), max_length=10, choices=PartnerState, default=PartnerState.ASKED)
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mandate", "organization"], name="mandate_partner_once"),
            models.CheckConstraint(
                name="mandate_share_in_bounds", condition=Q(share_bp__gte=1, share_bp__lte=BASIS_POINTS)
            ),
            models.CheckConstraint(name="mandate_partner_state_known", condition=Q(state__in=PartnerState.values)),
            models.CheckConstraint(
                name="mandate_partner_agreed_says_who",
                condition=Q(state__in=[PartnerState.AGREED, PartnerState.REFUSED], agreed_at__isnull=False)
                | Q(state=PartnerState.ASKED, agreed_at__isnull=True, agreed_by__isnull=True),
            ),
        ]
        triggers = [pgtrigger.FSM(name="partner_moves", field="state", transitions=PARTNER_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.mandate_id} {self.share_bp}"


class MandateConsent(PublicId):
    """A client of the broker on the other side of the same technology is asked whether it agrees to `mandate`.

    `other` is that client's own mandate. It reads what the broker declares, and not who the new client is.
    """

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="consents")
    other = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="asked_consents")
    state = models.CharField(_("State"), max_length=10, choices=PartnerState, default=PartnerState.ASKED)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mandate", "other"], name="consent_once"),
            models.CheckConstraint(name="consent_state_known", condition=Q(state__in=PartnerState.values)),
            models.CheckConstraint(
                name="consent_answered_says_who",
                condition=Q(state=PartnerState.ASKED, answered_at__isnull=True, answered_by__isnull=True)
                | (~Q(state=PartnerState.ASKED) & Q(answered_at__isnull=False, answered_by__isnull=False)),
            ),
        ]
        triggers = [pgtrigger.FSM(name="consent_moves", field="state", transitions=PARTNER_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.mandate_id} {self.state}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class BrokeredDeal(PublicId, TimeStamped):
    """A deal that a broker brought about: made here, or reported by the broker from elsewhere.

    What `decree art. 17` wants reported: parties, type, royalty, term. A party that has no account stands by its name
    only. `ipc_section` is one letter, `region` the taker's. A deal made here is written by the deals above us.
    """

    broker = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="brokered_deals")
    mandate = models.ForeignKey(Mandate, null=True, blank=True, on_delete=models.PROTECT, related_name="deals")
    origin = models.CharField(_("Origin"), max_length=10, choices=DealOrigin)
    reference = models.CharField(max_length=40, blank=True)
    technology = models.CharField(_("Technology"), max_length=300)
    listing = models.ForeignKey(Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    holder_name = models.CharField(_("Holder"), max_length=200)
    taker = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    taker_name = models.CharField(_("Firm"), max_length=200)
    deal_kind = models.CharField(_("Deal type"), max_length=30, choices=DealKind)
    value_won = models.PositiveBigIntegerField(_("Value"))
    royalty_text = models.CharField(_("Royalty"), max_length=300, blank=True)
    signed_on = models.DateField(_("Signed on"))
    term_until = models.DateField(_("Contract until"), null=True, blank=True)
    closed_on = models.DateField(_("Closed on"), null=True, blank=True)
    ipc_section = models.CharField(_("Field"), max_length=1, blank=True)
    region = models.CharField(_("Region"), max_length=10, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = BrokeredDealQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="brokered_origin_known", condition=Q(origin__in=DealOrigin.values)),
            models.CheckConstraint(name="brokered_kind_known", condition=Q(deal_kind__in=DealKind.values)),
            models.CheckConstraint(
                name="brokered_says_what", condition=~Q(technology="") & ~Q(holder_name="") & ~Q(taker_name="")
            ),
            models.CheckConstraint(
                name="brokered_term_in_order", condition=Q(term_until__isnull=True) | Q(term_until__gte=F("signed_on"))
            ),
            models.CheckConstraint(
                name="brokered_field_is_a_section", condition=Q(ipc_section="") | Q(ipc_section__regex="^[A-H]$")
            ),
            models.UniqueConstraint(
                fields=["broker", "reference"], name="brokered_once_per_reference", condition=~Q(reference="")
            ),
        ]
        indexes = [models.Index(fields=["broker", "-signed_on"], name="deals_of_broker")]

    def __str__(self) -> str:
        return f"{self.technology} {self.signed_on}"
