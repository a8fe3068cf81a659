"""What goes in and out of recoveries. `id` is the public id, days are days in Korea, money is whole won."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from vouchers.api.life_serializers import PayIntoOut
from vouchers.enums.recovery import RecoveryGround, RecoveryState
from vouchers.models import Recovery
from vouchers.models.vouchers import LONG_TEXT
from vouchers.queries.account import pay_into
from vouchers.queries.recovery import left_of, next_due_on, plan_of
from vouchers.querysets.recovery import OWED


class RecoveryPartyOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_en = serializers.CharField()


class RecoveryReceiptOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    received_on = serializers.DateField()
    reference = serializers.CharField()
    interest_won = serializers.IntegerField()
    principal_won = serializers.IntegerField()
    surcharge_won = serializers.IntegerField()
    late_won = serializers.IntegerField(help_text="Of the addition for late payment.")


class RecoveryPartOut(serializers.Serializer):
    serial = serializers.IntegerField()
    due_on = serializers.DateField()
    amount_won = serializers.IntegerField()
    came_won = serializers.IntegerField(help_text="Of what came in, the oldest part first.")
    is_overdue = serializers.BooleanField()


class RecoveryOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="VR, year, six digits.")
    voucher = serializers.CharField(source="voucher.number")
    debtor = RecoveryPartyOut()
    ground = serializers.ChoiceField(choices=RecoveryGround.choices)
    state = serializers.ChoiceField(choices=RecoveryState.choices)
    text = serializers.CharField()
    principal_won = serializers.IntegerField()
    surcharge_won = serializers.IntegerField()
    interest_bp = serializers.IntegerField(help_text="Simple interest a year in basis points.")
    interest_from = serializers.DateField()
    recovered_won = serializers.IntegerField(help_text="Of the principal.")
    late_from = serializers.DateField(allow_null=True, help_text="The day after the one that was missed.")
    late_won = serializers.IntegerField(help_text="The addition to what was due and had not come, once.")
    left_won = serializers.SerializerMethodField(help_text="Today, with interest, surcharge and addition.")
    object_by = serializers.DateField()
    objection = serializers.CharField()
    decision_text = serializers.CharField()
    pay_by = serializers.DateField(allow_null=True, help_text="The last day: of a plan that of its last part.")
    next_due_on = serializers.SerializerMethodField(
        help_text="The day of the first part that has not come in whole, else the last day."
    )

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_next_due_on(self, recovery: Recovery) -> str | None:
        due_on = next_due_on(recovery, timezone.localdate())
        return due_on.isoformat() if due_on else None

    def get_left_won(self, recovery: Recovery) -> int:
        return left_of(recovery, timezone.localdate()).total_won


class RecoveryDetailOut(RecoveryOut):
    receipts = RecoveryReceiptOut(many=True)
    plan = serializers.SerializerMethodField()
    pay_into = serializers.SerializerMethodField(
        help_text="Where it is paid to while it is owed; null where the office has entered no account."
    )

    @extend_schema_field(RecoveryPartOut(many=True))
    def get_plan(self, recovery: Recovery) -> Any:
        return RecoveryPartOut(plan_of(recovery, timezone.localdate()), many=True).data

    @extend_schema_field(PayIntoOut(allow_null=True))
    def get_pay_into(self, recovery: Recovery) -> Any:
        found = pay_into(recovery.voucher.line.call.office, recovery.number) if recovery.state in OWED else None
        return PayIntoOut(found).data if found else None


class RecoveryObjectIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT)


class RecoveryDecideIn(StrictSerializer):
    confirm = serializers.BooleanField()
    text = serializers.CharField(max_length=LONG_TEXT)


class RecoveryPlanIn(StrictSerializer):
    first_on = DayField()
    count = serializers.IntegerField(min_value=2, max_value=60)


class RecoveryReceiptIn(StrictSerializer):
    amount_won = serializers.IntegerField(min_value=1, max_value=10**12)
    received_on = DayField()
    reference = serializers.CharField(max_length=60)


class RecoveryIn(StrictSerializer):
    voucher = serializers.UUIDField()
    debtor = serializers.UUIDField(help_text="The firm, or a provider of the voucher.")
    ground = serializers.ChoiceField(choices=RecoveryGround.choices)
    principal_won = serializers.IntegerField(min_value=1, max_value=10**12)
    interest_from = DayField()
    surcharge_won = serializers.IntegerField(min_value=0, max_value=10**12, required=False)
    text = serializers.CharField(max_length=LONG_TEXT)
