from datetime import date

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from brokers.models import Mandate
from deals.enums.negotiation import NEGOTIATION_STATES, RUNNING, SAID, EntryKind, NegotiationState, Outcome, Side
from deals.models.requests import LONG_TEXT, TransferRequest
from deals.querysets.negotiation import EntryQuerySet, NegotiationBrokerQuerySet, NegotiationQuerySet
from marketplace.core.models import PublicId, TimeStamped
from matching.models import Need
from tech_listings.enums import DealKind
from tech_listings.models import Listing


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Negotiation(PublicId, TimeStamped):
    """Holder and firm talk about one technology, from the first answer to a signed contract or a named outcome.

    It grows out of a transfer `request` or out of the firm's `need`. `turn` is the side whose answer is waited for,
    until and with `answer_due_on`; both are empty while nobody waits. `told_of` is the last step of that clock that
    was told. Whatever changes a negotiation locks this row first.
    """

    number = models.CharField(_("Number"), max_length=11, unique=True)
    request = models.OneToOneField(
        TransferRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="negotiation"
    )
    need = models.ForeignKey(Need, null=True, blank=True, on_delete=models.PROTECT, related_name="negotiations")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="negotiations")
    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="negotiations_as_holder")
    firm = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="negotiations_as_firm")
    deal_kind = models.CharField(_("Deal type"), max_length=30, choices=DealKind)
    opened_at = models.DateTimeField(pgettext_lazy("negotiation", "Opened"))
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    state = models.CharField(_("State"), max_length=10, choices=NegotiationState, default=NegotiationState.OPEN)
    revision = models.PositiveIntegerField(default=1)
    turn = models.CharField(_("Whose answer is waited for"), max_length=10, choices=Side, blank=True)
    answer_due_on = models.DateField(_("Answer by"), null=True, blank=True)
    told_of = models.SmallIntegerField(null=True, blank=True, editable=False)
    last_said_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(pgettext_lazy("negotiation", "Outcome"), max_length=20, choices=Outcome, blank=True)
    closed_text = models.TextField(_("In words"), max_length=LONG_TEXT, blank=True)
    closed_side = models.CharField(_("Closed by"), max_length=10, choices=Side, blank=True)
    closed_at = models.DateTimeField(_("Closed"), null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = NegotiationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="negotiation_state_known", condition=Q(state__in=NegotiationState.values)),
            models.CheckConstraint(name="negotiation_deal_kind_known", condition=Q(deal_kind__in=DealKind.values)),
            models.CheckConstraint(name="negotiation_number_form", condition=Q(number__regex=r"^T(19|20)[0-9]{8}$")),
            models.CheckConstraint(name="negotiation_of_two", condition=~Q(holder=F("firm"))),
            models.CheckConstraint(
                name="negotiation_grew_from_something", condition=Q(request__isnull=False) | Q(need__isnull=False)
            ),
            models.CheckConstraint(
                name="negotiation_turn_has_a_day",
                condition=Q(turn="", answer_due_on__isnull=True)
                | Q(turn__in=Side.values, answer_due_on__isnull=False, state__in=["open", "agreed"]),
            ),
            models.CheckConstraint(
                name="negotiation_closed_says_why",
                condition=Q(state=NegotiationState.CLOSED, outcome__in=Outcome.values, closed_at__isnull=False)
                | (
                    ~Q(state=NegotiationState.CLOSED)
                    & Q(outcome="", closed_text="", closed_side="", closed_at__isnull=True, closed_by__isnull=True)
                ),
            ),
            models.UniqueConstraint(
                fields=["listing", "firm"],
                name="negotiation_one_running_per_firm",
                condition=Q(state__in=["open", "agreed"]),
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "state", "-opened_at"], name="negotiations_of_holder"),
            models.Index(fields=["firm", "state", "-opened_at"], name="negotiations_of_firm"),
            models.Index(fields=["answer_due_on"], name="negotiations_due", condition=Q(answer_due_on__isnull=False)),
        ]
        triggers = [
            pgtrigger.FSM(name="negotiation_moves", field="state", transitions=NEGOTIATION_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="opened_once",
                fields=["number", "request", "need", "listing", "holder", "firm", "opened_at", "opened_by"],
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING

    def is_late_on(self, day: date) -> bool:
        return self.answer_due_on is not None and self.answer_due_on < day

    def organization_of(self, side: str) -> Organization:
        return self.holder if side == Side.HOLDER else self.firm


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class NegotiationBroker(PublicId, TimeStamped):
    """A broker who speaks for a side under that side's mandate, from `joined_at` until `left_at`."""

    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="brokers")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="negotiations_brokered")
    side = models.CharField(_("Side"), max_length=10, choices=Side)
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="negotiation_parts")
    joined_at = models.DateTimeField()
    joined_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    left_at = models.DateTimeField(null=True, blank=True)
    left_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = NegotiationBrokerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="negotiation_broker_side_known", condition=Q(side__in=Side.values)),
            models.UniqueConstraint(
                fields=["negotiation", "organization"],
                name="negotiation_broker_once",
                condition=Q(left_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="joined_once", fields=["negotiation", "organization", "side", "mandate", "joined_at", "joined_by"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.negotiation_id} {self.organization_id}"


class Entry(PublicId):
    """A line of the thread that all parties read: their words, or what the house notes. Written once, never changed.

    `side` and `organization` are empty for the house itself. A meeting has `meets_at` and `place`; an answer to a
    question names it in `reply_to`, what became of an offer names that.
    """

    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="entries")
    serial = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=EntryKind)
    side = models.CharField(max_length=10, choices=Side, blank=True)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="negotiation_entries"
    )
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(pgettext_lazy("text", "Words"), max_length=LONG_TEXT, blank=True)
    reply_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replies")
    offer = models.ForeignKey("deals.Offer", null=True, blank=True, on_delete=models.PROTECT, related_name="entries")
    meets_at = models.DateTimeField(_("Meeting on"), null=True, blank=True)
    place = models.CharField(_("Place or address of the call"), max_length=300, blank=True)
    idempotency_key = models.UUIDField(null=True, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="entry_kind_known", condition=Q(kind__in=EntryKind.values)),
            models.CheckConstraint(
                name="entry_said_by_somebody",
                condition=~Q(kind__in=[str(kind) for kind in SAID])
                | (Q(by__isnull=False, organization__isnull=False, side__in=Side.values)),
            ),
            models.CheckConstraint(
                name="entry_says_something",
                condition=~Q(kind__in=[EntryKind.MESSAGE, EntryKind.QUESTION, EntryKind.ANSWER]) | ~Q(text=""),
            ),
            models.CheckConstraint(
                name="entry_meeting_has_a_time",
                condition=Q(kind=EntryKind.MEETING, meets_at__isnull=False)
                | (~Q(kind=EntryKind.MEETING) & Q(meets_at__isnull=True, place="")),
            ),
            models.CheckConstraint(
                name="entry_answers_a_question",
                condition=Q(kind=EntryKind.ANSWER, reply_to__isnull=False)
                | (~Q(kind=EntryKind.ANSWER) & Q(reply_to__isnull=True)),
            ),
            models.UniqueConstraint(fields=["negotiation", "serial"], name="entry_serial_once"),
            models.UniqueConstraint(
                fields=["by", "idempotency_key"],
                name="entry_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.negotiation_id} {self.serial}"
