from datetime import date

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from brokers.enums.fees import (
    BAND_STATES,
    CLOSED_BY_SOMEBODY,
    DECIDED_BANDS,
    QUOTE_STATES,
    BandState,
    QuoteState,
)
from brokers.models.mandates import Mandate
from brokers.models.schedules import FeeSchedule
from brokers.querysets.fees import BandRequestQuerySet, QuoteQuerySet
from marketplace.core.models import PublicId, TimeStamped
from marketplace.core.money import BASIS_POINTS

LONG_TEXT = 4_000


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Quote(PublicId, TimeStamped):
    """A broker's fee for a deal, put to a client: computed once, by one version of the guideline, and never again.

    What was quoted never changes; a newer version changes nothing of it (lessons F12). `lines` are those of
    `fees.Calculation`, `terms` what else the version said that day. `payers` is how the version divides a fee between
    the sides; the client that accepts owes all of it (docs/adr/0052). An accepted quote is never touched again
    (`migrations/0002_guards`). It can be accepted up to and with `valid_until`, a day in Korea. Under a `mandate`
    client, shares, version and part of the guideline's fee are the mandate's.
    """

    number = models.CharField(_("Number"), max_length=11, unique=True)
    schedule = models.ForeignKey(FeeSchedule, on_delete=models.PROTECT, related_name="quotes")
    broker = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="fee_quotes_made")
    client = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="fee_quotes_received")
    mandate = models.ForeignKey(Mandate, null=True, blank=True, on_delete=models.PROTECT, related_name="quotes")
    subject = models.CharField(_("What the deal is about"), max_length=200)
    value_won = models.PositiveBigIntegerField(_("Value"))
    guideline_won = models.PositiveBigIntegerField(_("Fee by the guideline"))
    lower_won = models.PositiveBigIntegerField(_("Lowest fee without a reason"))
    upper_won = models.PositiveBigIntegerField(_("Highest fee without a reason"))
    fee_won = models.PositiveBigIntegerField(_("Fee"))
    start_won = models.PositiveBigIntegerField(_("Retainer"))
    net_won = models.PositiveBigIntegerField(_("Without VAT"))
    vat_won = models.PositiveBigIntegerField(_("VAT"))
    total_won = models.PositiveBigIntegerField(_("Total"))
    lines = models.JSONField()
    payers = models.JSONField()
    terms = models.JSONField()
    quoted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    quoted_at = models.DateTimeField(_("Quoted"))
    valid_until = models.DateField(_("Can be accepted until"))
    idempotency_key = models.UUIDField(null=True, blank=True)

    state = models.CharField(_("State"), max_length=10, choices=QuoteState)
    accepted_at = models.DateTimeField(_("Accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(_("Closed"), null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = QuoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="quote_state_known", condition=Q(state__in=QuoteState.values)),
            models.CheckConstraint(name="quote_number_form", condition=Q(number__regex=r"^F(19|20)[0-9]{8}$")),
            models.CheckConstraint(name="quote_not_to_oneself", condition=~Q(broker=F("client"))),
            models.CheckConstraint(name="quote_of_something", condition=Q(value_won__gte=1) & ~Q(subject="")),
            models.CheckConstraint(name="quote_adds_up", condition=Q(total_won=F("net_won") + F("vat_won"))),
            models.CheckConstraint(
                name="quote_accepted_says_who",
                condition=Q(state=QuoteState.ACCEPTED, accepted_at__isnull=False, accepted_by__isnull=False)
                | (~Q(state=QuoteState.ACCEPTED) & Q(accepted_at__isnull=True, accepted_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="quote_accepted_by_another",
                condition=Q(accepted_by__isnull=True) | ~Q(accepted_by=F("quoted_by")),
            ),
            models.CheckConstraint(
                name="quote_closed_says_who",
                condition=Q(state__in=CLOSED_BY_SOMEBODY, closed_at__isnull=False, closed_by__isnull=False)
                | (~Q(state__in=CLOSED_BY_SOMEBODY) & Q(closed_at__isnull=True, closed_by__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["quoted_by", "idempotency_key"],
                name="quote_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["broker", "-quoted_at"], name="quote_made"),
            models.Index(fields=["client", "-quoted_at"], name="quote_received"),
            models.Index(fields=["-quoted_at", "-id"], name="quote_newest"),
        ]
        triggers = [pgtrigger.FSM(name="quote_moves", field="state", transitions=QUOTE_STATES.pairs())]

    def __str__(self) -> str:
        return self.number

    @property
    def is_inside(self) -> bool:
        """Whether the fee lies within the band of its version."""
        return self.lower_won <= self.fee_won <= self.upper_won

    @property
    def waits_for_client(self) -> bool:
        return self.state == QuoteState.OFFERED

    def has_lapsed_on(self, day: date) -> bool:
        return self.state in {QuoteState.OFFERED, QuoteState.OUTSIDE} and self.valid_until < day


class QuoteShare(models.Model):
    """What one broker gets of a quote. Written with it, never changed; over all of them they add up to it exactly."""

    quote = models.ForeignKey(Quote, on_delete=models.PROTECT, related_name="shares")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="fee_shares")
    share_bp = models.PositiveIntegerField(_("Share"))
    net_won = models.PositiveBigIntegerField(_("Without VAT"))
    vat_won = models.PositiveBigIntegerField(_("VAT"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quote", "organization"], name="share_once_per_broker"),
            models.CheckConstraint(name="share_in_bounds", condition=Q(share_bp__gte=1, share_bp__lte=BASIS_POINTS)),
        ]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.quote_id} {self.share_bp}"

    @property
    def total_won(self) -> int:
        return self.net_won + self.vat_won


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class BandRequest(PublicId, TimeStamped):
    """A broker says why a fee lies outside the band; an officer of neither side decides, once.

    One per quote: a refused one ends its quote, and the broker makes another. Who asks and who decides can never be one
    person, nor of one organization (`migrations/0002_guards`).
    """

    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="band_request")
    reason = models.TextField(_("Reason"), max_length=LONG_TEXT)
    asked_at = models.DateTimeField(pgettext_lazy("fee outside the band", "Asked"))
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=BandState, default=BandState.ASKED)
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_text = models.TextField(_("Reason of the decision"), max_length=LONG_TEXT, blank=True)

    objects = BandRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="band_state_known", condition=Q(state__in=BandState.values)),
            models.CheckConstraint(name="band_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="band_four_eyes", condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by"))
            ),
            models.CheckConstraint(
                name="band_decision_complete",
                condition=(
                    Q(state__in=DECIDED_BANDS, decided_at__isnull=False, decided_by__isnull=False)
                    & ~Q(decision_text="")
                )
                | (~Q(state__in=DECIDED_BANDS) & Q(decided_at__isnull=True, decided_by__isnull=True, decision_text="")),
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], name="band_waits", condition=Q(state="asked"))]
        triggers = [pgtrigger.FSM(name="band_moves", field="state", transitions=BAND_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.quote_id} {self.state}"
