"""What goes in and out about cases and hand-overs. `id` is the public id; days and hours are those of Korea."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from brokers.enums.cases import (
    Attendance,
    CaseGround,
    CaseState,
    Decision,
    HandOverChoice,
    HandOverState,
    HearingState,
    StatementSide,
)
from brokers.enums.registration import RegistrationKind, RegistrationState
from brokers.models import CancellationCase, Hearing
from brokers.models.cases import LONG_TEXT, REASON_TEXT
from brokers.queries.cases import broker_of, hearing_of
from brokers.services.cases.hearing import APPEARED_LENGTH, PLACE_LENGTH, RECORD_LENGTH
from marketplace.core.serializers import DayField, StrictSerializer


class CancellationRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    registration = serializers.CharField(source="registration.number", help_text="Number of the registration.")
    broker = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(source="registration.kind", choices=RegistrationKind.choices)
    registration_state = serializers.ChoiceField(source="registration.state", choices=RegistrationState.choices)
    ground = serializers.ChoiceField(choices=CaseGround.choices)
    state = serializers.ChoiceField(choices=CaseState.choices)
    opened_at = serializers.DateTimeField()
    hearing_at = serializers.SerializerMethodField(help_text="Of the hearing ahead or held; null where there is none.")
    decision = serializers.ChoiceField(choices=Decision.choices, allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    suspended_until = serializers.DateField(allow_null=True)

    def get_broker(self, case: CancellationCase) -> str:
        return broker_of(case.registration)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_hearing_at(self, case: CancellationCase) -> Any:
        hearing = hearing_of(case)
        return serializers.DateTimeField().to_representation(hearing.starts_at) if hearing else None


class HearingOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=HearingState.choices)
    noticed_at = serializers.DateTimeField()
    starts_at = serializers.DateTimeField()
    place = serializers.CharField()
    chair = serializers.SerializerMethodField(help_text="Name of the officer who holds it.")
    ended_reason = serializers.CharField(allow_blank=True, help_text="Why it was postponed or called off.")
    attendance = serializers.ChoiceField(choices=Attendance.choices, allow_blank=True)
    appeared = serializers.CharField(allow_blank=True)
    record_text = serializers.CharField(allow_blank=True)
    signed_at = serializers.DateTimeField(allow_null=True)

    def get_chair(self, hearing: Hearing) -> str:
        return str(hearing.chair)


class CaseDocumentOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    type = serializers.CharField()
    size = serializers.IntegerField()
    checksum = serializers.CharField(help_text="SHA-256 in hex.")


class CaseStatementOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    side = serializers.ChoiceField(choices=StatementSide.choices)
    text = serializers.CharField()
    sent_at = serializers.DateTimeField()
    documents = CaseDocumentOut(many=True)


class CancellationOut(CancellationRow):
    text = serializers.CharField(help_text="What it is about.")
    revision = serializers.IntegerField(help_text="Who decides says which one was seen.")
    hearings = HearingOut(many=True)
    statements = CaseStatementOut(many=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_reason = serializers.CharField(allow_blank=True)
    decision_text = serializers.CharField(allow_blank=True)


class CancellationIn(StrictSerializer):
    registration = serializers.CharField(max_length=12, help_text="Number of the registration.")
    ground = serializers.ChoiceField(choices=CaseGround.choices)
    text = serializers.CharField(max_length=LONG_TEXT)


class HearingNoticeIn(StrictSerializer):
    starts_at = serializers.DateTimeField(help_text="At least ten days after today.")
    place = serializers.CharField(max_length=PLACE_LENGTH)
    chair = serializers.UUIDField(help_text="Id of an officer.")


class HearingPostponeIn(HearingNoticeIn):
    reason = serializers.CharField(max_length=REASON_TEXT)


class HearingRecordIn(StrictSerializer):
    attendance = serializers.ChoiceField(choices=Attendance.choices)
    appeared = serializers.CharField(max_length=APPEARED_LENGTH, required=False, default="", allow_blank=True)
    record_text = serializers.CharField(max_length=RECORD_LENGTH)


class CancellationDecisionIn(StrictSerializer):
    decision = serializers.ChoiceField(choices=Decision.choices)
    suspended_until = DayField(required=False, allow_null=True, help_text="Only for a suspension: its last day.")
    text = serializers.CharField(max_length=LONG_TEXT)
    revision = serializers.IntegerField(min_value=1, max_value=10**9)


class CancellationCloseIn(StrictSerializer):
    reason = serializers.CharField(max_length=REASON_TEXT)


class CaseStatementIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT)
    files = serializers.ListField(
        child=serializers.FileField(),
        required=False,
        help_text="PDF, PNG, JPEG, HWP, HWPX or DOCX, at most 20 MB each.",
    )


class HandOverOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    mandate = serializers.UUIDField(source="mandate.public_id")
    mandate_number = serializers.CharField(source="mandate.number")
    client = serializers.UUIDField(source="mandate.client.public_id")
    from_broker = serializers.UUIDField(source="from_broker.public_id")
    state = serializers.ChoiceField(choices=HandOverState.choices)
    may_be_kept = serializers.BooleanField(help_text="Whether the broker comes back: suspended, not cancelled.")
    opened_at = serializers.DateTimeField()
    until_on = serializers.DateField(help_text="The last day on which the client chooses.")
    choice = serializers.ChoiceField(choices=HandOverChoice.choices, allow_blank=True)
    to_broker = serializers.SerializerMethodField(help_text="Null for the broker it goes away from.")
    new_mandate = serializers.SerializerMethodField(help_text="Id of the mandate that was offered instead.")
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_text = serializers.CharField(allow_blank=True)

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_to_broker(self, hand_over: Any) -> Any:
        return str(hand_over.to_broker.public_id) if hand_over.to_broker and hand_over.shows_taker else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_new_mandate(self, hand_over: Any) -> Any:
        return str(hand_over.new_mandate.public_id) if hand_over.new_mandate and hand_over.shows_taker else None


class HandOverChoiceIn(StrictSerializer):
    choice = serializers.ChoiceField(choices=HandOverChoice.choices)
    to_broker = serializers.UUIDField(required=False, help_text="Id of the other broker, for `move`.")


class HandOverSettleIn(StrictSerializer):
    choice = serializers.ChoiceField(choices=[choice for choice in HandOverChoice.choices if choice[0] != "move"])
    text = serializers.CharField(max_length=REASON_TEXT)
