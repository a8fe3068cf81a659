"""What goes in and out of vouchers. `id` is the public id, days are days in Korea, money is whole won."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from vouchers.enums.vouchers import ChangeKind, ChangeState, VoucherState
from vouchers.models import Voucher
from vouchers.models.vouchers import LONG_TEXT
from vouchers.queries.account import pay_back_to, pay_into
from vouchers.queries.life import own_share_of


class VoucherHolderOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_en = serializers.CharField()


class VoucherOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="VC, year, six digits.")
    call = serializers.CharField(source="line.call.number")
    holder = VoucherHolderOut()
    state = serializers.ChoiceField(choices=VoucherState.choices)
    face_won = serializers.IntegerField(help_text="Government money; the sums below make it from issue on.")
    open_won = serializers.IntegerField()
    bound_won = serializers.IntegerField()
    paid_won = serializers.IntegerField()
    returned_won = serializers.IntegerField()
    recovered_won = serializers.IntegerField()
    own_won = serializers.IntegerField()
    own_used_won = serializers.IntegerField()
    own_refunded_won = serializers.IntegerField()
    deposit_by = serializers.DateField()
    valid_from = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    unused_bp = serializers.IntegerField(allow_null=True)
    barred_until = serializers.DateField(allow_null=True)


class PayIntoOut(serializers.Serializer):
    bank = serializers.CharField()
    account = serializers.CharField()
    holder = serializers.CharField()
    reference = serializers.CharField(help_text="To be named with the transfer.")


class VoucherDetailOut(VoucherOut):
    pay_into = serializers.SerializerMethodField(
        help_text="Where the own share is paid in while it is missing; null where the office has entered no account."
    )

    pay_back_to = serializers.SerializerMethodField(
        help_text="For officers, while some of the own share has to go back: the firm's account; null where it has "
        "entered none."
    )

    @extend_schema_field(PayIntoOut(allow_null=True))
    def get_pay_back_to(self, voucher: Voucher) -> Any:
        found = pay_back_to(voucher, self.context["request"].user)
        return PayIntoOut(found).data if found else None

    @extend_schema_field(PayIntoOut(allow_null=True))
    def get_pay_into(self, voucher: Voucher) -> Any:
        if not own_share_of(voucher).missing_won:
            return None
        found = pay_into(voucher.line.call.office, voucher.number)
        return PayIntoOut(found).data if found else None


class DepositIn(StrictSerializer):
    amount_won = serializers.IntegerField(min_value=1)
    received_on = DayField()
    reference = serializers.CharField(max_length=60)


class OwnShareIn(DepositIn):
    confirmed = serializers.BooleanField(
        required=False,
        help_text="True takes more than is still to come; without it that is 409 `more_than_is_missing`.",
    )


class DepositOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    is_refund = serializers.BooleanField()
    amount_won = serializers.IntegerField()
    received_on = serializers.DateField()
    reference = serializers.CharField()


class VoucherReasonIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT)


class VoucherChangeIn(StrictSerializer):
    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    text = serializers.CharField(max_length=LONG_TEXT)
    valid_until = DayField(required=False)
    services = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=50)


class VoucherDecisionIn(StrictSerializer):
    approve = serializers.BooleanField()
    text = serializers.CharField(max_length=LONG_TEXT)


class VoucherChangeOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    state = serializers.ChoiceField(choices=ChangeState.choices)
    text = serializers.CharField()
    content = serializers.DictField()
    decision_text = serializers.CharField()
