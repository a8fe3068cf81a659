from datetime import date

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from brokers.models import Quote
from deals.enums.contracts import (
    CONTRACT_STATES,
    DECLARED,
    ENDING_STATES,
    OPEN_ENDINGS,
    VERSION_STATES,
    ContractState,
    EndingState,
    EndReason,
    VersionState,
)
from deals.enums.negotiation import Side
from deals.enums.terms import Method
from deals.models.negotiation import Negotiation
from deals.models.offers import HASH, Option
from deals.models.requests import LONG_TEXT, SHORT_TEXT
from deals.querysets.contracts import (
    ContractQuerySet,
    ContractVersionQuerySet,
    EndingQuerySet,
    SignedCopyQuerySet,
)
from marketplace.core.files import DocumentType, private_storage
from marketplace.core.models import PublicId, TimeStamped
from tech_listings.enums import DealKind
from tech_listings.models import ExclusiveGround, Listing


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Contract(PublicId, TimeStamped):
    """What holder and firm conclude about a technology. Terms stand in its versions, of which one is in force.

    `signed_on` is the contract date by which the rules of distribution are chosen (facts §4.4); both days of the term
    belong to it, `ends_on` is empty for an assignment. Dates are days in Korea.
    """

    number = models.CharField(_("Number"), max_length=11, unique=True)
    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="contracts")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="contracts")
    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="contracts_as_holder")
    firm = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="contracts_as_firm")
    deal_kind = models.CharField(_("Deal type"), max_length=30, choices=DealKind)
    exclusive_ground = models.ForeignKey(
        ExclusiveGround, null=True, blank=True, on_delete=models.PROTECT, related_name="contracts"
    )
    drafted_at = models.DateTimeField(_("Drafted"))
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    state = models.CharField(_("State"), max_length=10, choices=ContractState, default=ContractState.DRAFTED)
    revision = models.PositiveIntegerField(default=1)
    signed_on = models.DateField(pgettext_lazy("contract", "Signed"), null=True, blank=True)
    starts_on = models.DateField(_("First day"), null=True, blank=True)
    ends_on = models.DateField(pgettext_lazy("contract", "Last day"), null=True, blank=True)
    ended_on = models.DateField(_("Ended on"), null=True, blank=True)
    end_reason = models.CharField(_("Why it ended"), max_length=10, choices=EndReason, blank=True)
    end_text = models.TextField(_("In words"), max_length=LONG_TEXT, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancel_text = models.TextField(_("Why it was not concluded"), max_length=SHORT_TEXT, blank=True)

    objects = ContractQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="contract_state_known", condition=Q(state__in=ContractState.values)),
            models.CheckConstraint(name="contract_deal_kind_known", condition=Q(deal_kind__in=DealKind.values)),
            models.CheckConstraint(name="contract_number_form", condition=Q(number__regex=r"^C(19|20)[0-9]{8}$")),
            models.CheckConstraint(
                name="contract_in_force_has_days",
                condition=Q(state__in=["drafted", "approved", "cancelled"], signed_on__isnull=True)
                | Q(state__in=["in_force", "ended"], signed_on__isnull=False, starts_on__isnull=False),
            ),
            models.CheckConstraint(
                name="contract_term_in_order", condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(
                name="contract_ended_says_why",
                condition=Q(state=ContractState.ENDED, ended_on__isnull=False, end_reason__in=EndReason.values)
                | (~Q(state=ContractState.ENDED) & Q(ended_on__isnull=True, end_reason="")),
            ),
            models.CheckConstraint(
                name="contract_cancelled_says_when",
                condition=Q(state=ContractState.CANCELLED, cancelled_at__isnull=False)
                | (
                    ~Q(state=ContractState.CANCELLED)
                    & Q(cancelled_at__isnull=True, cancelled_by__isnull=True, cancel_text="")
                ),
            ),
            models.UniqueConstraint(
                fields=["negotiation"],
                name="contract_one_per_negotiation",
                condition=~Q(state=ContractState.CANCELLED),
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "state", "-drafted_at"], name="contracts_of_holder"),
            models.Index(fields=["firm", "state", "-drafted_at"], name="contracts_of_firm"),
            models.Index(fields=["ends_on"], name="contracts_by_end", condition=Q(state=ContractState.IN_FORCE)),
            models.Index(fields=["listing"], name="contracts_of_listing", condition=Q(state=ContractState.IN_FORCE)),
        ]
        triggers = [
            pgtrigger.FSM(name="contract_moves", field="state", transitions=CONTRACT_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="drafted_once",
                fields=["number", "negotiation", "listing", "holder", "firm", "deal_kind", "drafted_at", "drafted_by"],
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def is_in_force_on(self, day: date) -> bool:
        return (
            self.state == ContractState.IN_FORCE
            and self.starts_on is not None
            and self.starts_on <= day
            and (self.ends_on is None or self.ends_on >= day)
        )


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class ContractVersion(PublicId, TimeStamped):
    """Terms of a contract, frozen: the first version, or an amendment with its `reason`.

    `terms` as `deals.terms.Terms` writes them. `rules` names the versions of rules that hold for it: the fee guideline
    (of `fee_quote`), the exclusivity rule, the rule of distribution. `documents` holds the words of the document by
    language, as blocks (`deals.wording.documents`), and `document_hash` is their SHA-256: what the parties approve.
    Once proposed nothing of it changes but its state.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="versions")
    serial = models.PositiveSmallIntegerField(pgettext_lazy("contract", "Version"))
    option = models.ForeignKey(Option, null=True, blank=True, on_delete=models.PROTECT, related_name="versions")
    method = models.CharField(_("How it is paid"), max_length=20, choices=Method)
    terms = models.JSONField()
    clauses = models.JSONField(default=dict)
    rules = models.JSONField(default=dict)
    fee_quote = models.ForeignKey(
        Quote, null=True, blank=True, on_delete=models.PROTECT, related_name="contract_versions"
    )
    reason = models.TextField(_("Why it is amended"), max_length=SHORT_TEXT, blank=True)
    holds_from = models.DateField(_("Holds from"), null=True, blank=True)
    documents = models.JSONField(default=dict)
    document_hash = models.CharField(max_length=64)
    proposed_at = models.DateTimeField(pgettext_lazy("contract version", "Proposed"))
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=VersionState, default=VersionState.PROPOSED)
    refused_at = models.DateTimeField(null=True, blank=True)
    refused_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    refusal_text = models.TextField(_("Why it is refused"), max_length=SHORT_TEXT, blank=True)

    objects = ContractVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="contract_version_state_known", condition=Q(state__in=VersionState.values)),
            models.CheckConstraint(name="contract_version_method_known", condition=Q(method__in=Method.values)),
            models.CheckConstraint(name="contract_version_hash_is_hex", condition=Q(document_hash__regex=HASH)),
            models.CheckConstraint(name="contract_amendment_says_why", condition=Q(serial=1) | ~Q(reason="")),
            models.CheckConstraint(
                name="contract_version_refused_says_who",
                condition=Q(state=VersionState.REFUSED, refused_at__isnull=False)
                | (~Q(state=VersionState.REFUSED) & Q(refused_at__isnull=True, refused_by__isnull=True)),
            ),
            models.UniqueConstraint(fields=["contract", "serial"], name="contract_version_once"),
            models.UniqueConstraint(
                fields=["contract"], name="contract_one_version_in_force", condition=Q(state=VersionState.IN_FORCE)
            ),
            models.UniqueConstraint(
                fields=["contract"],
                name="contract_one_version_to_approve",
                condition=Q(state__in=["proposed", "approved"]),
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="version_moves", field="state", transitions=VERSION_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="proposed_once",
                fields=[
                    "contract", "serial", "option", "method", "terms", "clauses", "rules", "fee_quote", "reason",
                    "documents", "document_hash", "holds_from", "proposed_at", "proposed_by",
                ],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.contract_id} v{self.serial}"


class ContractApproval(PublicId):
    """A side approves a version, once, through somebody who may bind it. Never changes."""

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="approvals")
    side = models.CharField(max_length=10, choices=Side)
    document_hash = models.CharField(max_length=64)
    approved_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="approval_side_known", condition=Q(side__in=Side.values)),
            models.UniqueConstraint(fields=["version", "side"], name="approval_once_per_side"),
            models.UniqueConstraint(fields=["version", "approved_by"], name="approval_once_per_person"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.version_id} {self.side}"


def place_of(copy: "SignedCopy", name: str) -> str:
    """A name of ours: that of the sender tells nothing about where the file lies."""
    return f"contracts/{copy.public_id}"


class SignedCopy(PublicId):
    """The document with the signatures of both sides, as it was sent. Written once, with the signing."""

    version = models.OneToOneField(ContractVersion, on_delete=models.PROTECT, related_name="signed_copy")
    file = models.FileField(storage=private_storage, upload_to=place_of)
    name = models.CharField(_("File name"), max_length=200)
    type = models.CharField(max_length=100, choices=DocumentType)
    checksum = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("Size"))
    sent_at = models.DateTimeField(pgettext_lazy("file", "Sent"))
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = SignedCopyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="signed_copy_is_pdf", condition=Q(type=DocumentType.PDF)),
            models.CheckConstraint(name="signed_copy_hash_is_hex", condition=Q(checksum__regex=HASH)),
            models.CheckConstraint(name="signed_copy_not_empty", condition=Q(size__gt=0) & ~Q(name="")),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Ending(PublicId, TimeStamped):
    """What a side says about ending a contract before its term is over: `last_day` belongs to the contract still.

    That the firm gives the technology up, it declares: it is settled at once. A breach one side declares, too, but the
    other has the contract's days to mend it, `mend_by` the last of them; unless the side takes it back it is settled in
    the night after. Every other end the other side agrees to first. The contract is over on the day after a settled
    last day; the night writes it down.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="endings")
    side = models.CharField(max_length=10, choices=Side)
    reason = models.CharField(_("Why it ends"), max_length=10, choices=EndReason)
    last_day = models.DateField(pgettext_lazy("contract", "Last day"))
    mend_by = models.DateField(_("To be mended by"), null=True, blank=True)
    text = models.TextField(_("In words"), max_length=LONG_TEXT)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=EndingState, default=EndingState.PROPOSED)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer_text = models.TextField(_("Answer"), max_length=SHORT_TEXT, blank=True)

    objects = EndingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="ending_state_known", condition=Q(state__in=EndingState.values)),
            models.CheckConstraint(name="ending_side_known", condition=Q(side__in=Side.values)),
            models.CheckConstraint(
                name="ending_reason_known", condition=Q(reason__in=EndReason.values) & ~Q(reason=EndReason.TERM)
            ),
            models.CheckConstraint(name="ending_says_why", condition=~Q(text="")),
            models.CheckConstraint(
                name="ending_of_the_firm", condition=~Q(reason=EndReason.ABANDONED) | Q(side=Side.FIRM)
            ),
            models.CheckConstraint(
                name="ending_answered_by_another",
                condition=Q(answered_by__isnull=True)
                | Q(reason__in=DECLARED)
                | Q(state=EndingState.WITHDRAWN)
                | ~Q(answered_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="ending_answered_says_when",
                condition=Q(
                    state__in=[EndingState.PROPOSED, EndingState.CURING],
                    answered_at__isnull=True,
                    answered_by__isnull=True,
                )
                | (~Q(state__in=[EndingState.PROPOSED, EndingState.CURING]) & Q(answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="ending_breach_may_be_mended",
                condition=Q(reason=EndReason.BREACH, mend_by__isnull=False, last_day__gte=F("mend_by"))
                | (~Q(reason=EndReason.BREACH) & ~Q(state=EndingState.CURING) & Q(mend_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="ending_settled_after_mending",
                condition=~Q(reason=EndReason.BREACH, state=EndingState.SETTLED)
                | Q(answered_at__date__gt=F("mend_by"))
                | Q(mend_by=F("proposed_at__date")),
            ),
            models.UniqueConstraint(
                fields=["contract"],
                name="ending_one_at_a_time",
                condition=Q(state__in=OPEN_ENDINGS),
            ),
        ]
        indexes = [
            models.Index(fields=["last_day"], name="endings_by_day", condition=Q(state=EndingState.SETTLED)),
        ]
        triggers = [
            pgtrigger.FSM(name="ending_moves", field="state", transitions=ENDING_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="said_once",
                fields=["contract", "side", "reason", "last_day", "mend_by", "text", "proposed_at", "proposed_by"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.last_day}"
