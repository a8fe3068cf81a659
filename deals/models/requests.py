from datetime import date

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from deals.enums.requests import REQUEST_STATES, AnswerKind, DeclineCategory, EventKind, RequestState
from deals.querysets.requests import TransferRequestQuerySet
from marketplace.core.models import PublicId, TimeStamped
from tech_listings.enums import DealKind
from tech_listings.models import Listing

SHORT_TEXT, LONG_TEXT = 2_000, 4_000


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class TransferRequest(PublicId, TimeStamped):
    """An organization asks a holder for a technology. What was asked never changes; it is answered or withdrawn once.

    `holder` is who has to answer: the listing's holder when the request was sent.
    `content_hash` says that two requests ask for the same, see `services.send`.
    """

    number = models.CharField(_("Receipt number"), max_length=11, unique=True)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="transfer_requests")
    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="received_requests")
    requester = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sent_requests")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("Sent"))
    deal_kind = models.CharField(_("Deal type"), max_length=30, choices=DealKind)
    intended_use = models.TextField(_("Intended use"), max_length=SHORT_TEXT)
    message = models.TextField(_("Message"), max_length=LONG_TEXT, blank=True)
    content_hash = models.CharField(max_length=64)
    idempotency_key = models.UUIDField(null=True, blank=True)

    state = models.CharField(_("State"), max_length=20, choices=RequestState, default=RequestState.RECEIVED)
    answer_due_on = models.DateField(_("Answer by"))
    answer_kind = models.CharField(_("Answer"), max_length=20, choices=AnswerKind, blank=True)
    decline_category = models.CharField(_("Reason"), max_length=30, choices=DeclineCategory, blank=True)
    answer_text = models.TextField(_("Words"), max_length=LONG_TEXT, blank=True)
    answered_at = models.DateTimeField(_("Answered"), null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(_("Withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawal_reason = models.CharField(_("Reason for withdrawal"), max_length=500, blank=True)

    objects = TransferRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="request_state_known", condition=Q(state__in=RequestState.values)),
            models.CheckConstraint(name="request_deal_kind_known", condition=Q(deal_kind__in=DealKind.values)),
            models.CheckConstraint(name="request_number_form", condition=Q(number__regex=r"^R(19|20)[0-9]{8}$")),
            models.CheckConstraint(name="request_says_what_for", condition=~Q(intended_use="")),
            models.CheckConstraint(name="request_not_to_oneself", condition=~Q(requester=models.F("holder"))),
            models.CheckConstraint(
                name="request_answer_complete",
                condition=Q(
                    state=RequestState.ANSWERED,
                    answer_kind__in=AnswerKind.values,
                    answered_at__isnull=False,
                    answered_by__isnull=False,
                )
                | (
                    ~Q(state=RequestState.ANSWERED)
                    & Q(
                        answer_kind="",
                        decline_category="",
                        answer_text="",
                        answered_at__isnull=True,
                        answered_by__isnull=True,
                    )
                ),
            ),
            models.CheckConstraint(
                name="request_decline_says_why",
                condition=(
                    Q(answer_kind=AnswerKind.DECLINED, decline_category__in=DeclineCategory.values) & ~Q(answer_text="")
                )
                | (~Q(answer_kind=AnswerKind.DECLINED) & Q(decline_category="")),
            ),
            models.CheckConstraint(
                name="request_withdrawal_complete",
                condition=Q(state=RequestState.WITHDRAWN, withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                | (
                    ~Q(state=RequestState.WITHDRAWN)
                    & Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawal_reason="")
                ),
            ),
            models.UniqueConstraint(
                fields=["requested_by", "idempotency_key"],
                name="request_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "-requested_at"], name="request_received"),
            models.Index(fields=["requester", "-requested_at"], name="request_sent"),
            models.Index(fields=["listing", "requester", "content_hash"], name="request_same"),
            models.Index(fields=["answer_due_on"], name="request_due", condition=Q(state="received")),
        ]
        triggers = [
            pgtrigger.FSM(name="request_moves", field="state", transitions=REQUEST_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="asked_once",
                fields=[
                    "number", "listing", "holder", "requester", "requested_by", "requested_at", "deal_kind",
                    "intended_use", "message", "content_hash", "answer_due_on",
                ],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def outcome(self) -> str:
        """How lists and exports call the answer; empty while there is none."""
        if self.answer_kind == AnswerKind.DECLINED:
            return _("Declined: %(reason)s") % {"reason": self.get_decline_category_display()}
        return self.get_answer_kind_display() if self.answer_kind else ""

    @property
    def is_waiting(self) -> bool:
        return self.state == RequestState.RECEIVED

    def is_overdue_on(self, day: date) -> bool:
        return self.is_waiting and self.answer_due_on < day


class RequestEvent(models.Model):
    """A line of the timeline that both sides see. Written once, never changed; `by` is empty for the house itself."""

    request = models.ForeignKey(TransferRequest, on_delete=models.PROTECT, related_name="timeline")
    kind = models.CharField(max_length=20, choices=EventKind)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="request_event_kind_known", condition=Q(kind__in=EventKind.values)),
            models.UniqueConstraint(fields=["request", "kind"], name="request_event_once_per_kind"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.request_id} {self.kind}"
