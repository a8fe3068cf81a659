import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.core.models import PublicId, TimeStamped
from marketplace.core.money import BASIS_POINTS
from programmes.enums.applications import ApplicationState
from programmes.enums.review import (
    AGREEMENT_STATES,
    OBJECTION_STATES,
    PANELIST_STATES,
    SELECTION_STATES,
    UNDER_WAY,
    AgreementState,
    Decision,
    ObjectionState,
    PanelistState,
    SelectionState,
    StepKind,
)
from programmes.models.applications import LONG_TEXT, SHORT_TEXT, Application
from programmes.models.calls import Call
from programmes.querysets.review import (
    AgreementQuerySet,
    ObjectionQuerySet,
    PanelistQuerySet,
    SelectionQuerySet,
)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Panelist(PublicId, TimeStamped):
    """A person asked to score the applications of a call."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="panelists")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="panels")
    state = models.CharField(_("State"), max_length=10, choices=PanelistState, default=PanelistState.INVITED)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = PanelistQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="panelist_state_known", condition=Q(state__in=PanelistState.values)),
            models.UniqueConstraint(
                fields=["call", "user"], name="panelist_once", condition=Q(state__in=["invited", "accepted"])
            ),
        ]
        triggers = [pgtrigger.FSM(name="panelist_moves", field="state", transitions=PANELIST_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.user_id} {self.call_id}"


class Declaration(PublicId):
    """What a panel member says of ties to an applicant, before reading the application. Written once."""

    panelist = models.ForeignKey(Panelist, on_delete=models.PROTECT, related_name="declarations")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="declarations")
    has_conflict = models.BooleanField(_("There is a tie"))
    text = models.CharField(_("Which"), max_length=SHORT_TEXT, blank=True)
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["panelist", "application"], name="declaration_once"),
            models.CheckConstraint(name="declaration_says_which", condition=Q(has_conflict=False) | ~Q(text="")),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.panelist_id} {self.application_id}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Score(PublicId, TimeStamped):
    """A member's points by criterion of the call, saved as often as wished, then handed in and fixed."""

    panelist = models.ForeignKey(Panelist, on_delete=models.PROTECT, related_name="scores")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="scores")
    points = models.JSONField(default=dict)
    total = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(_("Opinion"), max_length=LONG_TEXT, blank=True)
    handed_in_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["panelist", "application"], name="score_once")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.total}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Selection(PublicId, TimeStamped):
    """A ranking of a call's applications within what is left of the budget, as it is proposed, approved, published.

    `digest` is the hash of its lines: each approval is of that very list. `basis` says what it was made from:
    `budget_won`, `promised_won` (of earlier selections), `left_won`, `pass_points`, `reserve_places`, `award_won`, and
    `stages`, the approvals it needs in their order, each with `key`, `role` and `words` as on that day.

    `published_by` had it published at `published_at`. While a worker does, `worked_at` is its last sign of life,
    `attempts` counts wake-ups since the last batch, and `stopped` is the code of why it waits for an officer, and
    `stopped_params` puts it into words (`registry.refusal`), with the number of the `application` it came to.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="selections")
    serial = models.PositiveSmallIntegerField()
    state = models.CharField(_("State"), max_length=10, choices=SelectionState, default=SelectionState.PROPOSED)
    digest = models.CharField(max_length=64)
    basis = models.JSONField(default=dict)
    idempotency_key = models.UUIDField(null=True, blank=True)
    why = models.TextField(_("Reason"), max_length=LONG_TEXT, blank=True)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_text = models.CharField(max_length=SHORT_TEXT, blank=True)
    worked_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    stopped = models.CharField(max_length=SHORT_TEXT, blank=True)
    stopped_params = models.JSONField(default=dict, blank=True)

    objects = SelectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="selection_state_known", condition=Q(state__in=SelectionState.values)),
            models.CheckConstraint(
                name="selection_taken_back_says_who",
                condition=Q(state=SelectionState.TAKEN_BACK, taken_back_by__isnull=False, taken_back_at__isnull=False)
                & ~Q(taken_back_text="")
                | ~Q(state=SelectionState.TAKEN_BACK)
                & Q(taken_back_by__isnull=True, taken_back_at__isnull=True, taken_back_text=""),
            ),
            models.UniqueConstraint(fields=["call", "serial"], name="selection_serial_once"),
            models.UniqueConstraint(
                fields=["call", "idempotency_key"],
                name="selection_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
            models.CheckConstraint(
                name="selection_stops_while_published", condition=Q(stopped="") | Q(state=SelectionState.PUBLISHING)
            ),
            models.UniqueConstraint(fields=["call"], name="selection_one_under_way", condition=Q(state__in=UNDER_WAY)),
        ]
        triggers = [pgtrigger.FSM(name="selection_moves", field="state", transitions=SELECTION_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.call_id} {self.serial}"


class SelectionLine(models.Model):
    """Where an application stands in a selection, and what it gets. `average` is in hundredths of a point."""

    selection = models.ForeignKey(Selection, on_delete=models.CASCADE, related_name="lines")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="selection_lines")
    rank = models.PositiveIntegerField()
    average = models.PositiveIntegerField(null=True, blank=True)
    outcome = models.CharField(_("Outcome"), max_length=20, choices=ApplicationState)
    government_won = models.BigIntegerField()
    own_won = models.BigIntegerField()
    reason = models.CharField(max_length=SHORT_TEXT, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["selection", "application"], name="selection_line_once"),
            models.CheckConstraint(
                name="selection_line_outcome", condition=Q(outcome__in=["selected", "reserve", "not_selected"])
            ),
            models.CheckConstraint(name="selection_line_sums", condition=Q(government_won__gte=0, own_won__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.rank} {self.outcome}"


class SelectionApproval(PublicId):
    """What one officer decided at one stage. Each person once, nobody who proposed it, in the order of stages."""

    selection = models.ForeignKey(Selection, on_delete=models.PROTECT, related_name="approvals")
    position = models.PositiveSmallIntegerField()
    decision = models.CharField(max_length=10, choices=Decision)
    digest = models.CharField(max_length=64)
    text = models.CharField(max_length=SHORT_TEXT, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="selection_decision_known", condition=Q(decision__in=Decision.values)),
            models.UniqueConstraint(fields=["selection", "position"], name="selection_stage_once"),
            models.UniqueConstraint(fields=["selection", "by"], name="selection_person_once"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.selection_id} {self.position} {self.decision}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Objection(PublicId, TimeStamped):
    """What a firm says against not being eligible or not being selected; another officer answers within the clock.

    `refused_by` decided (at `refused_at`) what it is against, and does not answer.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="objections")
    state = models.CharField(_("State"), max_length=10, choices=ObjectionState, default=ObjectionState.OPEN)
    against = models.CharField(max_length=20, choices=ApplicationState)
    text = models.TextField(_("Objection"), max_length=LONG_TEXT)
    raised_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    refused_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    refused_at = models.DateTimeField()
    idempotency_key = models.UUIDField(null=True, blank=True)
    answer_due_on = models.DateField(_("Answer by"))
    answer = models.TextField(_("Answer"), max_length=LONG_TEXT, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="objection_state_known", condition=Q(state__in=ObjectionState.values)),
            models.CheckConstraint(
                name="objection_against_a_refusal", condition=Q(against__in=["ineligible", "not_selected"])
            ),
            models.CheckConstraint(
                name="objection_answered_says_who",
                condition=Q(state__in=["upheld", "dismissed"], decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(answer="")
                | Q(state__in=["open", "withdrawn"], decided_by__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["application", "against", "refused_at"],
                name="objection_once_per_refusal",
                condition=~Q(state="withdrawn"),
            ),
        ]
        indexes = [models.Index(fields=["state", "answer_due_on"], name="objections_by_deadline")]
        triggers = [pgtrigger.FSM(name="objection_moves", field="state", transitions=OBJECTION_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.application_id} {self.state}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Agreement(PublicId, TimeStamped):
    """What the office and a selected firm agree on: its manager signs the very text (`digest`) by `sign_by`.

    `own_bp` is the firm's part of each price in basis points, its band by the call; None where it was not kept yet.
    """

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="agreement")
    state = models.CharField(_("State"), max_length=10, choices=AgreementState, default=AgreementState.OFFERED)
    government_won = models.BigIntegerField(_("Government money (won)"))
    own_won = models.BigIntegerField(_("Own share (won)"))
    own_bp = models.PositiveIntegerField(null=True, blank=True)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    offered_at = models.DateTimeField()
    sign_by = models.DateField(_("Sign by"))
    signed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(_("Signed"), null=True, blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="agreement_state_known", condition=Q(state__in=AgreementState.values)),
            models.CheckConstraint(name="agreement_sums", condition=Q(government_won__gt=0, own_won__gte=0)),
            models.CheckConstraint(
                name="agreement_band", condition=Q(own_bp__isnull=True) | Q(own_bp__lt=BASIS_POINTS)
            ),
            models.CheckConstraint(
                name="agreement_signed_says_who",
                condition=Q(state=AgreementState.SIGNED, signed_by__isnull=False, signed_at__isnull=False)
                | (~Q(state=AgreementState.SIGNED) & Q(signed_by__isnull=True, signed_at__isnull=True)),
            ),
        ]
        indexes = [models.Index(fields=["state", "sign_by"], name="agreements_by_deadline")]
        triggers = [
            pgtrigger.FSM(name="agreement_moves", field="state", transitions=AGREEMENT_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="agreement_offered_once",
                fields=["application", "government_won", "own_won", "own_bp", "content", "digest", "offered_at"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.state}"


class ReviewStep(PublicId):
    """What was done with an application, by whom: its history for the office. Never changed; None is the house.

    `data` by kind: `parts` (what to complete, each with what is missing) and `due_on` of a completion that is asked.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20, choices=StepKind)
    text = models.TextField(max_length=LONG_TEXT, blank=True)
    data = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="review_step_kind_known", condition=Q(kind__in=StepKind.values))]
        indexes = [models.Index(fields=["application", "at"], name="p_steps_of_application")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.application_id} {self.kind}"
