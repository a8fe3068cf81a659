"""What goes in and out of sanctions. `id` is the public id, days are days in Korea."""

from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from vouchers.api.recovery_serializers import RecoveryPartyOut
from vouchers.enums.recovery import SanctionGround, SanctionKind, SanctionState
from vouchers.models.vouchers import LONG_TEXT


class SanctionOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    organization = RecoveryPartyOut()
    kind = serializers.ChoiceField(choices=SanctionKind.choices)
    state = serializers.ChoiceField(choices=SanctionState.choices)
    recovery = serializers.CharField(source="recovery.number", default=None, allow_null=True)
    ground = serializers.ChoiceField(
        choices=SanctionGround.choices, allow_blank=True, help_text="Empty where it follows a recovery."
    )
    evidence = serializers.CharField()
    reason = serializers.CharField()
    from_on = serializers.DateField()
    until_on = serializers.DateField(allow_null=True)
    answer_by = serializers.DateField(allow_null=True, help_text="Where whom it is for is heard on it.")
    answer = serializers.CharField()
    decision_text = serializers.CharField()
    lift_text = serializers.CharField()
    is_public = serializers.BooleanField()


class SanctionIn(StrictSerializer):
    kind = serializers.ChoiceField(choices=SanctionKind.choices)
    until_on = DayField(required=False, allow_null=True)
    reason = serializers.CharField(max_length=LONG_TEXT)


class FraudIn(SanctionIn):
    organization = serializers.UUIDField(help_text="Who applied under a call of your office, or took an order.")
    ground = serializers.ChoiceField(choices=SanctionGround.choices)
    evidence = serializers.CharField(max_length=200, help_text="Decision or judgment: by whom, when, which number.")


class SanctionTextIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT)


class SanctionDecideIn(StrictSerializer):
    impose = serializers.BooleanField()
    text = serializers.CharField(max_length=LONG_TEXT)
