import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from brokers.models import FeeSchedule
from marketplace.core.models import PublicId, TimeStamped
from vouchers.enums.orders import ORDER_STATES, QUOTATION_STATES, OrderState, QuotationState, reason_words
from vouchers.models.vouchers import LONG_TEXT, SHORT_TEXT, Voucher
from vouchers.querysets.orders import OrderQuerySet, ProviderChoiceQuerySet, QuotationQuerySet


class ProviderChoice(PublicId):
    """How a firm came to its provider: what it searched for, whom it saw and in which order, whom it took and why.

    `query` are the filters, `order_of` the day whose neutral order held, `candidates` a list of {"id", "name",
    "number"} as seen, of `found` that there were. What was seen never changes; whom the firm took (`chosen`) or that
    it took nobody (`dropped_at`) is written once. Where the provider did not take the order, the next one is chosen
    in a row of its own, which `follows` this one.
    """

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="choices")
    service = models.CharField(max_length=40)
    query = models.JSONField(default=dict)
    order_of = models.DateField()
    candidates = models.JSONField(default=list)
    found = models.PositiveIntegerField(default=0)
    follows = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="next_choices")
    key = models.UUIDField()
    seen_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField()
    chosen = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    chosen_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(_("Why this one"), max_length=SHORT_TEXT, blank=True)
    dropped_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    dropped_at = models.DateTimeField(null=True, blank=True)

    objects = ProviderChoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["voucher", "key"], name="provider_choice_once_per_key"),
            models.CheckConstraint(
                name="provider_choice_taken_or_dropped",
                condition=Q(dropped_at__isnull=True, dropped_by__isnull=True)
                | Q(dropped_at__isnull=False, dropped_by__isnull=False, chosen__isnull=True),
            ),
            models.CheckConstraint(
                name="provider_choice_says_who",
                condition=Q(chosen__isnull=True, chosen_by__isnull=True, chosen_at__isnull=True)
                | Q(chosen__isnull=False, chosen_by__isnull=False, chosen_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.service}"

    @property
    def is_open(self) -> bool:
        """Whether others of those seen may still be asked and one be chosen."""
        return self.chosen_id is None and self.dropped_at is None


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Quotation(PublicId, TimeStamped):
    """What a provider asks for a service: sums without VAT, and VAT apart.

    `deal_won` is the value of the deal that a brokerage is about, `fee_schedule` the guideline its fee was held
    against.
    """

    choice = models.ForeignKey(ProviderChoice, on_delete=models.PROTECT, related_name="quotations")
    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="quotations_given")
    state = models.CharField(_("State"), max_length=10, choices=QuotationState, default=QuotationState.ASKED)
    task = models.TextField(_("What is to be done"), max_length=LONG_TEXT)
    answer_by = models.DateField(_("Answer by"))
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    supply_won = models.BigIntegerField(_("Price without VAT (won)"), null=True, blank=True)
    vat_won = models.BigIntegerField(_("VAT (won)"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(_("Days until delivery"), null=True, blank=True)
    text = models.TextField(pgettext_lazy("quotation", "Offer"), max_length=LONG_TEXT, blank=True)
    given_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(null=True, blank=True)
    deal_won = models.BigIntegerField(_("Value of the deal (won)"), null=True, blank=True)
    fee_schedule = models.ForeignKey(FeeSchedule, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closed_text = models.CharField(_("Reason"), max_length=SHORT_TEXT, blank=True)

    objects = QuotationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="quotation_state_known", condition=Q(state__in=QuotationState.values)),
            models.CheckConstraint(
                name="quotation_given_has_a_price",
                condition=~Q(state__in=["given", "ordered"]) | Q(supply_won__gt=0, vat_won__gte=0),
            ),
            models.UniqueConstraint(fields=["choice", "provider"], name="quotation_once_per_provider"),
        ]
        indexes = [models.Index(fields=["provider", "state"], name="quotations_of_provider")]
        triggers = [
            pgtrigger.FSM(name="quotation_moves", field="state", transitions=QUOTATION_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="quotation_asked_once", fields=["choice", "provider", "task", "asked_by", "asked_at", "deal_won"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.choice_id} {self.provider_id}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Order(PublicId, TimeStamped):
    """A service that a firm orders on its voucher. The government's part is rounded down; the rest is the own share.

    `supply_won` is without VAT and is `government_won` + `own_won`; `vat_won` the firm pays by itself. `fee_schedule`
    is the version of the guideline that a brokerage fee was held against when it was ordered, which may be a newer one
    than the quotation's.
    """

    number = models.CharField(_("Number"), max_length=12, unique=True)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="orders")
    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="orders_received")
    choice = models.OneToOneField(ProviderChoice, on_delete=models.PROTECT, related_name="order")
    quotation = models.OneToOneField(Quotation, on_delete=models.PROTECT, related_name="order")
    state = models.CharField(_("State"), max_length=10, choices=OrderState, default=OrderState.PLACED)
    revision = models.PositiveIntegerField(default=1)
    service = models.CharField(max_length=40)
    task = models.TextField(_("What is to be done"), max_length=LONG_TEXT)
    supply_won = models.BigIntegerField(_("Price without VAT (won)"))
    vat_won = models.BigIntegerField(_("VAT (won)"))
    government_won = models.BigIntegerField(_("Paid by the government (won)"))
    own_won = models.BigIntegerField(_("Paid from the own share (won)"))
    fee_schedule = models.ForeignKey(FeeSchedule, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ordered_on = models.DateField(_("Ordered on"))
    deliver_by = models.DateField(_("Deliver by"))
    ordered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    closed_text = models.CharField(_("Reason"), max_length=SHORT_TEXT, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    key = models.UUIDField()

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="order_state_known", condition=Q(state__in=OrderState.values)),
            models.CheckConstraint(
                name="order_sums",
                condition=Q(supply_won__gt=0, vat_won__gte=0, government_won__gt=0, own_won__gte=0)
                & Q(supply_won=F("government_won") + F("own_won")),
            ),
            models.CheckConstraint(
                name="order_accepted_by_another",
                condition=Q(accepted_by__isnull=True) | ~Q(accepted_by=F("ordered_by")),
            ),
            models.CheckConstraint(
                name="order_running_was_accepted",
                condition=~Q(state__in=["running", "done", "cancelled"])
                | Q(accepted_by__isnull=False, accepted_at__isnull=False),
            ),
            models.CheckConstraint(name="order_days", condition=Q(deliver_by__gte=F("ordered_on"))),
            models.UniqueConstraint(fields=["voucher", "key"], name="order_once_per_key"),
        ]
        indexes = [
            models.Index(fields=["provider", "state"], name="orders_of_provider"),
            models.Index(fields=["voucher", "state"], name="orders_of_voucher"),
        ]
        triggers = [
            pgtrigger.FSM(name="order_moves", field="state", transitions=ORDER_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="order_placed_once",
                fields=[
                    "number", "voucher", "provider", "choice", "quotation", "service", "supply_won", "vat_won",
                    "government_won", "own_won", "ordered_on", "ordered_by", "fee_schedule",
                ],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def why_closed(self) -> str:
        return reason_words(self.closed_text)
