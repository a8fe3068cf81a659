"""What the review takes and gives."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.enums import LinkKind
from marketplace.core.serializers import DayField, StrictSerializer
from programmes.enums.applications import ApplicationState, Part
from programmes.enums.review import (
    AgreementState,
    Decision,
    ObjectionState,
    PanelistState,
    SelectionState,
    StepKind,
)
from programmes.models.applications import LONG_TEXT, SHORT_TEXT
from programmes.queries.ranking import reason_in_words
from programmes.services.review.check import MOST_AT_ONCE


class ReasonField(serializers.CharField):
    """Words of a person as they are; of the house, which are kept in English, in the language of the answer."""

    def __init__(self, **also: Any) -> None:
        super().__init__(allow_blank=True, read_only=True, **also)

    def to_representation(self, value: Any) -> str:
        return reason_in_words(super().to_representation(value))


class NothingIn(StrictSerializer):
    pass


class ReviewFirmOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    business_number = serializers.CharField()


class ReviewRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="The receipt number: PA, year, six digits.")
    state = serializers.ChoiceField(choices=ApplicationState.choices)
    organization = ReviewFirmOut()
    submitted_at = serializers.DateTimeField()
    complete_by = serializers.DateField(allow_null=True)
    government_won = serializers.IntegerField(allow_null=True)
    own_won = serializers.IntegerField(allow_null=True)
    revision = serializers.IntegerField()


class ReviewFlagOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=LinkKind.choices)
    evidence = serializers.CharField()
    other = serializers.CharField(
        source="other.number", default="", help_text="The other application's receipt number; empty where nobody knows."
    )
    cleared_at = serializers.DateTimeField(allow_null=True)
    cleared_text = serializers.CharField(allow_blank=True)


class ReviewStepOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=StepKind.choices)
    text = ReasonField()
    details = serializers.JSONField(source="data")
    by = serializers.CharField(source="by.name", default=None, allow_null=True, help_text="Null: the house itself.")
    at = serializers.DateTimeField()


class ReviewApplicationOut(ReviewRow):
    plan = serializers.JSONField(help_text="As it was submitted.")
    facts = serializers.JSONField(help_text="What was known of the firm when it was submitted.")
    checked = serializers.JSONField(help_text="What the eligibility check said then.")
    digest = serializers.CharField()
    reason = ReasonField()
    flags = ReviewFlagOut(many=True)
    steps = ReviewStepOut(many=True)
    tie = serializers.SerializerMethodField(help_text="Why the reader may not decide on it; empty where nothing is.")

    def get_tie(self, application: Any) -> str:
        return str(self.context["tie"])


class CompletionIn(StrictSerializer):
    parts = serializers.DictField(child=serializers.CharField(max_length=SHORT_TEXT), help_text=", ".join(Part.values))
    due_on = DayField(required=False, allow_null=True)
    revision = serializers.IntegerField(required=False)


class EligibleIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    revision = serializers.IntegerField(required=False)


class ReasonsIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT)
    revision = serializers.IntegerField(required=False)


class FlagIn(StrictSerializer):
    text = serializers.CharField(max_length=SHORT_TEXT)


class BatchRowIn(StrictSerializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField(required=False, help_text="The one that the summary showed.")


class BatchIn(StrictSerializer):
    act = serializers.ChoiceField(choices=["eligible", "ineligible"])
    text = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    applications = BatchRowIn(many=True, min_length=1, max_length=MOST_AT_ONCE)  # type: ignore[call-arg]
    dry_run = serializers.BooleanField(default=True, help_text="Tell what would happen, and do nothing.")


class BatchRowOut(serializers.Serializer):
    id = serializers.UUIDField(source="application.public_id")
    state = serializers.CharField(source="application.state")
    revision = serializers.IntegerField(source="application.revision")
    why_not = serializers.CharField(help_text="Empty where it is done, or would be.")
    code = serializers.CharField()


class BatchOut(serializers.Serializer):
    is_done = serializers.BooleanField()
    results = BatchRowOut(many=True)


class InviteIn(StrictSerializer):
    email = serializers.EmailField()


class PanelistOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="user.name")
    email = serializers.CharField(source="user.email")
    state = serializers.ChoiceField(choices=PanelistState.choices)
    declared = serializers.IntegerField()
    tied = serializers.IntegerField()
    handed_in = serializers.IntegerField()


class SeatOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    call = serializers.CharField(source="call.number")
    state = serializers.ChoiceField(choices=PanelistState.choices)


class InvitationAnswerIn(StrictSerializer):
    accept = serializers.BooleanField()


class ToScoreRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    organization = serializers.CharField(source="organization.name")
    said = serializers.ChoiceField(choices=["open", "free", "kept", "handed_in", "tied"])


class PanelPaperOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    key = serializers.CharField(help_text="Which paper of the call.")
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")


class ToScoreOut(ToScoreRow):
    papers = PanelPaperOut(many=True, help_text="None until it is declared that there is no tie.")
    has_contract = serializers.BooleanField(help_text="Whether `contract/` gives a contract that the firm entered.")
    plan = serializers.JSONField(allow_null=True, help_text="Null until it is declared that there is no tie.")
    points = serializers.JSONField(allow_null=True)
    handed_in_at = serializers.DateTimeField(allow_null=True)


class DeclarationIn(StrictSerializer):
    has_conflict = serializers.BooleanField()
    text = serializers.CharField(max_length=SHORT_TEXT, required=False, allow_blank=True)


class ScoreIn(StrictSerializer):
    points = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=1000))
    text = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    hand_in = serializers.BooleanField(default=False)


class RankingRow(serializers.Serializer):
    rank = serializers.IntegerField()
    number = serializers.CharField(source="candidate.number")
    average = serializers.IntegerField(source="candidate.average", allow_null=True, help_text="Hundredths of a point.")
    scores = serializers.IntegerField(source="candidate.scores")
    government_won = serializers.IntegerField(source="candidate.government_won")
    outcome = serializers.CharField()
    reason = ReasonField()


class RankingOut(serializers.Serializer):
    budget_won = serializers.IntegerField()
    left_won = serializers.IntegerField()
    pass_points = serializers.IntegerField()
    results = RankingRow(many=True)


class SelectionIn(StrictSerializer):
    why = serializers.CharField(max_length=LONG_TEXT)


class SelectionApprovalOut(serializers.Serializer):
    position = serializers.IntegerField()
    decision = serializers.ChoiceField(choices=Decision.choices)
    text = serializers.CharField(allow_blank=True)
    by = serializers.CharField(source="by.name")
    at = serializers.DateTimeField()


class SelectionRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    serial = serializers.IntegerField()
    state = serializers.ChoiceField(choices=SelectionState.choices)
    digest = serializers.CharField()
    why = serializers.CharField()
    proposed_by = serializers.CharField(source="proposed_by.name")
    proposed_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    taken_back_at = serializers.DateTimeField(allow_null=True)
    taken_back_text = serializers.CharField(allow_blank=True)


class SelectionLineOut(serializers.Serializer):
    rank = serializers.IntegerField()
    number = serializers.CharField(source="application.number")
    average = serializers.IntegerField(allow_null=True, help_text="Hundredths of a point.")
    outcome = serializers.CharField()
    government_won = serializers.IntegerField()
    own_won = serializers.IntegerField()
    reason = ReasonField()


class ProgressOut(serializers.Serializer):
    total = serializers.IntegerField(help_text="Applications on the list.")
    left = serializers.IntegerField(help_text="Those that have no outcome yet.")
    stopped = serializers.CharField(help_text="What is in the way; empty while it goes on.")


class SelectionOut(SelectionRow):
    progress = serializers.SerializerMethodField(help_text="While it is being published, else null.")
    basis = serializers.JSONField(help_text="Budget, pass mark, and the stages that approve it, in their order.")
    approvals = SelectionApprovalOut(many=True)
    lines = SelectionLineOut(many=True)

    @extend_schema_field(ProgressOut(allow_null=True))
    def get_progress(self, selection: Any) -> Any:
        found = self.context["progress"]
        return found and ProgressOut(found).data


class ProgrammeApproveIn(StrictSerializer):
    digest = serializers.CharField(max_length=64, help_text="Of the list that was read.")
    text = serializers.CharField(max_length=SHORT_TEXT, required=False, allow_blank=True)


class SendBackIn(StrictSerializer):
    digest = serializers.CharField(max_length=64, help_text="Of the list that was read.")
    text = serializers.CharField(max_length=SHORT_TEXT)


class ProgrammeTakeBackIn(StrictSerializer):
    text = serializers.CharField(max_length=SHORT_TEXT)


class ProgrammeObjectionIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT)


class ObjectionOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    application = serializers.CharField(source="application.number")
    state = serializers.ChoiceField(choices=ObjectionState.choices)
    against = serializers.ChoiceField(choices=[("ineligible", "ineligible"), ("not_selected", "not_selected")])
    text = serializers.CharField()
    raised_at = serializers.DateTimeField()
    answer_due_on = serializers.DateField()
    answer = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class ObjectionAnswerIn(StrictSerializer):
    uphold = serializers.BooleanField()
    answer = serializers.CharField(max_length=LONG_TEXT)


class DecisionOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    state = serializers.ChoiceField(choices=ApplicationState.choices)
    reason = ReasonField()
    complete_by = serializers.DateField(allow_null=True)
    object_until = serializers.SerializerMethodField()
    objections = ObjectionOut(many=True)

    def get_object_until(self, application: Any) -> str | None:
        until = self.context["until"]
        return until.isoformat() if until else None


class AgreementOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    application = serializers.CharField(source="application.number")
    state = serializers.ChoiceField(choices=AgreementState.choices)
    government_won = serializers.IntegerField()
    own_won = serializers.IntegerField()
    content = serializers.JSONField()
    digest = serializers.CharField()
    sign_by = serializers.DateField()
    signed_at = serializers.DateTimeField(allow_null=True)


class ProgrammeSignIn(StrictSerializer):
    digest = serializers.CharField(max_length=64, help_text="Of the text that was read.")
