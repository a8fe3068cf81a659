from datetime import date

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from deals.enums.negotiation import OFFER_STATES, ONCE_ACCEPTED, OfferState, Side
from deals.enums.terms import Method
from deals.models.negotiation import Negotiation
from deals.models.requests import LONG_TEXT, SHORT_TEXT
from deals.querysets.negotiation import OfferQuerySet
from deals.querysets.studio import ChoiceQuerySet, ForecastQuerySet
from deals.terms.templates import name_of
from marketplace.core.models import PublicId, TimeStamped
from marketplace.core.money import BASIS_POINTS
from tech_listings.enums import DealKind

HASH = r"^[0-9a-f]{64}$"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Offer(PublicId, TimeStamped):
    """One side puts one or more ways to pay before the other one. What was offered never changes.

    A counter-offer answers the offer named in `counter_to`. It can be accepted up to and with `valid_until`; accepting
    names one of its options. `no_running_reason` is what an institute says that offers no running royalty.
    At most one offer of a negotiation waits for an answer, and at most one is accepted; what was accepted is set aside
    where the parties take the negotiation up again.
    """

    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="offers")
    serial = models.PositiveSmallIntegerField(_("Number"))
    side = models.CharField(pgettext_lazy("offer", "Made by"), max_length=10, choices=Side)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="offers_made")
    deal_kind = models.CharField(_("Deal type"), max_length=30, choices=DealKind)
    term_months = models.PositiveSmallIntegerField(_("Term in months"), default=0)
    territory = models.CharField(_("Territory"), max_length=200, blank=True)
    field_of_use = models.CharField(_("Field of use"), max_length=300, blank=True)
    text = models.TextField(pgettext_lazy("text", "Words"), max_length=LONG_TEXT, blank=True)
    no_running_reason = models.TextField(_("Why no running royalty is offered"), max_length=SHORT_TEXT, blank=True)
    counter_to = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="answered_with"
    )
    offered_at = models.DateTimeField(pgettext_lazy("offer", "Offered"))
    offered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    valid_until = models.DateField(_("Can be accepted until"))
    idempotency_key = models.UUIDField(null=True, blank=True)

    state = models.CharField(_("State"), max_length=10, choices=OfferState, default=OfferState.OFFERED)
    accepted_option = models.ForeignKey(
        "deals.Option", null=True, blank=True, on_delete=models.PROTECT, related_name="accepted_in"
    )
    answered_at = models.DateTimeField(_("Answered"), null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer_text = models.TextField(_("Answer"), max_length=LONG_TEXT, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="offer_state_known", condition=Q(state__in=OfferState.values)),
            models.CheckConstraint(name="offer_side_known", condition=Q(side__in=Side.values)),
            models.CheckConstraint(name="offer_deal_kind_known", condition=Q(deal_kind__in=DealKind.values)),
            models.CheckConstraint(
                name="offer_accepted_names_an_option",
                condition=Q(state__in=ONCE_ACCEPTED, accepted_option__isnull=False, answered_by__isnull=False)
                | (~Q(state__in=ONCE_ACCEPTED) & Q(accepted_option__isnull=True)),
            ),
            models.CheckConstraint(
                name="offer_answered_says_when",
                condition=Q(state=OfferState.OFFERED, answered_at__isnull=True, answered_by__isnull=True)
                | (~Q(state=OfferState.OFFERED) & Q(answered_at__isnull=False)),
            ),
            models.UniqueConstraint(fields=["negotiation", "serial"], name="offer_serial_once"),
            models.UniqueConstraint(
                fields=["negotiation"], name="offer_one_waits", condition=Q(state=OfferState.OFFERED)
            ),
            models.UniqueConstraint(
                fields=["negotiation"], name="offer_one_accepted", condition=Q(state=OfferState.ACCEPTED)
            ),
            models.UniqueConstraint(
                fields=["offered_by", "idempotency_key"],
                name="offer_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["valid_until"], name="offers_waiting", condition=Q(state=OfferState.OFFERED)),
        ]
        triggers = [
            pgtrigger.FSM(name="offer_moves", field="state", transitions=OFFER_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="offered_once",
                fields=[
                    "negotiation", "serial", "side", "organization", "deal_kind", "term_months", "territory",
                    "field_of_use", "text", "no_running_reason", "counter_to", "offered_at", "offered_by",
                    "valid_until",
                ],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.negotiation_id} {self.serial}"

    def can_be_accepted_on(self, day: date) -> bool:
        return self.state == OfferState.OFFERED and self.valid_until >= day


class Option(PublicId):
    """One way to pay in an offer: `terms` as `deals.terms.Terms` writes them, `terms_hash` their SHA-256."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="options")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(_("Name"), max_length=100)
    method = models.CharField(_("How it is paid"), max_length=20, choices=Method)
    terms = models.JSONField()
    terms_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(name="option_method_known", condition=Q(method__in=Method.values)),
            models.CheckConstraint(name="option_hash_is_hex", condition=Q(terms_hash__regex=HASH)),
            models.UniqueConstraint(fields=["offer", "position"], name="option_position_once"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.position}"

    @property
    def name(self) -> str:
        """`title` in the language of the reader, as far as the house had suggested it."""
        return name_of(self.title)


class Forecast(PublicId, TimeStamped):
    """What the firm expects to sell, its own and nobody else's: the holder and its brokers never see it.

    `sales` are won by calendar year of sale for low, base and high, as `deals.terms` reads them.
    """

    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="forecasts")
    firm = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="forecasts")
    first_sale_on = models.DateField(_("First sale"))
    discount_bp = models.PositiveIntegerField(_("Own discount rate"))
    sales = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ForecastQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["negotiation", "firm"], name="forecast_one_per_firm"),
            models.CheckConstraint(name="forecast_discount_in_bounds", condition=Q(discount_bp__lte=BASIS_POINTS)),
        ]

    def __str__(self) -> str:
        return f"{self.negotiation_id}"


class Choice(PublicId):
    """Evidence of how the firm chose: what was shown, what it entered, what came out, what it picked. Never changes.

    `inputs`, `shown` and `result` are what `deals.terms` took and gave, so that they can be computed again to the won;
    `evidence_hash` is their SHA-256. Whoever picks anew, or under other numbers, writes another row: the latest of an
    offer counts. Seen by the firm alone.
    """

    option = models.ForeignKey(Option, on_delete=models.PROTECT, related_name="choices")
    firm = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="choices")
    inputs = models.JSONField(default=dict)
    shown = models.JSONField()
    result = models.JSONField(default=dict)
    evidence_hash = models.CharField(max_length=64)
    chosen_at = models.DateTimeField()
    chosen_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ChoiceQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="choice_hash_is_hex", condition=Q(evidence_hash__regex=HASH))]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.option_id}"
