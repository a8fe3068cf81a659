from datetime import date
from typing import Any

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import LinkKind
from accounts.models import Organization, User
from marketplace.core.days import last_day
from marketplace.core.files import DocumentType, private_storage
from marketplace.core.models import PublicId, TimeStamped
from programmes.enums.applications import AGAINST, APPLICATION_STATES, RUNNING, ApplicationState
from programmes.models.calls import Call, CallVersion
from programmes.models.transfers import Transfer
from programmes.querysets.applications import ProgrammeApplicationQuerySet, ProgrammeDocumentQuerySet
from programmes.scheme import Scheme

LONG_TEXT, SHORT_TEXT = 5000, 500


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Application(PublicId, TimeStamped):
    """What a firm asks for under a call. `number` is its receipt, given when it is submitted.

    `plan` holds what was typed: `texts` by `PlanText`, `services` (each with `key`, `what`, `supply_won`), `declared`
    (keys of conditions). `facts` is what was known of the firm when it was submitted, `checked` what the eligibility
    check said then, its sentences by language (`eligibility.in_readers_words`); both stay as they were, and `digest` is
    the hash over all of it. `government_won` and `own_won` are asked for, and after selection what was granted.
    `begun_key` came with its beginning, `idempotency_key` and `submitted_revision` with the submission. Whatever
    changes an application locks this row first, its call before it.
    """

    number = models.CharField(_("Receipt number"), max_length=12, unique=True, null=True, blank=True)
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="applications")
    version = models.ForeignKey(CallVersion, on_delete=models.PROTECT, related_name="applications")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="applications")
    transfer = models.ForeignKey(Transfer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=20, choices=ApplicationState, default=ApplicationState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    plan = models.JSONField(default=dict, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    checked = models.JSONField(default=list, blank=True)
    government_won = models.BigIntegerField(_("Government money (won)"), null=True, blank=True)
    own_won = models.BigIntegerField(_("Own share (won)"), null=True, blank=True)
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    begun_key = models.UUIDField(null=True, blank=True)
    submitted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(_("Submitted"), null=True, blank=True)
    submitted_revision = models.PositiveIntegerField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    idempotency_key = models.UUIDField(null=True, blank=True)
    filled_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(_("Withdrawn"), null=True, blank=True)
    withdrawal_text = models.CharField(_("Why it was withdrawn"), max_length=SHORT_TEXT, blank=True)
    withdrawal_key = models.UUIDField(null=True, blank=True)
    complete_by = models.DateField(_("Complete by"), null=True, blank=True)
    reason = models.TextField(_("Reason"), max_length=LONG_TEXT, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ProgrammeApplicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="programme_application_state_known", condition=Q(state__in=ApplicationState.values)
            ),
            models.CheckConstraint(
                name="programme_application_submitted_has_a_receipt",
                condition=Q(state__in=["draft", "discarded"], number__isnull=True, submitted_at__isnull=True)
                | Q(number__regex=r"^PA(19|20)[0-9]{8}$", submitted_at__isnull=False, submitted_by__isnull=False)
                & ~Q(digest="")
                & ~Q(state__in=["draft", "discarded"]),
            ),
            models.CheckConstraint(
                name="programme_application_sums",
                condition=(Q(government_won__isnull=True) | Q(government_won__gt=0))
                & (Q(own_won__isnull=True) | Q(own_won__gte=0)),
            ),
            models.UniqueConstraint(
                fields=["call", "organization"],
                name="programme_application_one_per_call",
                condition=Q(state__in=RUNNING),
            ),
            models.UniqueConstraint(
                fields=["call", "organization"],
                name="programme_application_one_draft",
                condition=Q(state=ApplicationState.DRAFT),
            ),
            models.UniqueConstraint(
                fields=["call", "organization", "idempotency_key"],
                name="programme_application_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
            models.UniqueConstraint(fields=["begun_by", "begun_key"], name="programme_application_begun_once_per_key"),
        ]
        indexes = [
            models.Index(fields=["call", "state", "submitted_at"], name="p_applications_of_call"),
            models.Index(fields=["organization", "-begun_at"], name="p_applications_of_firm"),
        ]
        triggers = [
            pgtrigger.FSM(name="programme_application_moves", field="state", transitions=APPLICATION_STATES.pairs()),
            pgtrigger.ReadOnly(name="programme_application_begun_once", fields=["call", "begun_by", "begun_at"]),
        ]

    def __str__(self) -> str:
        return self.number or str(self.public_id)

    @property
    def object_by(self) -> date | None:
        """The last day in Korea on which the firm may object; None where there is nothing to object to."""
        if self.state not in AGAINST or self.decided_at is None:
            return None
        days = Scheme.from_json(self.version.content).days.objection
        return last_day(timezone.localdate(self.decided_at), days=days)

    @property
    def objections_now(self) -> list[Any]:
        """Those against the refusal that stands, taken back or not. One that was undone and refused anew is another
        refusal, and what was said against the first says nothing against it."""
        is_now = (self.state, self.decided_at)
        return [each for each in self.objections.all() if (each.against, each.refused_at) == is_now]


def place_of(document: Any, name: str) -> str:
    """A name of ours: that of the sender tells nothing about where the file lies."""
    return f"programmes/{document.public_id}"


class ApplicationDocument(PublicId):
    """A document for one of the papers the call asks for (`key`). A later one for the same key takes its place."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="documents")
    key = models.CharField(max_length=40)
    name = models.CharField(_("File name"), max_length=200)
    file = models.FileField(storage=private_storage, upload_to=place_of)
    type = models.CharField(max_length=100, choices=DocumentType, default=DocumentType.PDF)
    size = models.PositiveIntegerField(_("Size"))
    sha256 = models.CharField(max_length=64)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = ProgrammeDocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="programme_application_document_type_known", condition=Q(type__in=DocumentType.values)
            ),
            models.UniqueConstraint(
                fields=["application", "key"],
                name="programme_application_document_once",
                condition=Q(replaced_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApplicationFlag(PublicId):
    """That the applicant and `other` may be one and the same, with what says so; a person decides what it means.

    Without `other` nobody knows who stands behind the applicant, so nobody knows whom it is related to.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="flags")
    other = models.ForeignKey(Application, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=LinkKind)
    evidence = models.CharField(max_length=SHORT_TEXT)
    found_at = models.DateTimeField()
    cleared_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_text = models.CharField(max_length=SHORT_TEXT, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="programme_application_flag_kind_known", condition=Q(kind__in=LinkKind.values)),
            models.CheckConstraint(
                name="programme_application_flag_names_the_other",
                condition=Q(kind=LinkKind.UNKNOWN) | Q(other__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["application", "other", "kind"], name="programme_application_flag_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.kind}"
