"""Quotations, orders, claims and payment files. `id` is the public id, days are days in Korea, money is whole won."""

from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from vouchers.enums.claims import BatchState, ClaimState
from vouchers.enums.orders import OrderState, QuotationState
from vouchers.models.vouchers import LONG_TEXT, SHORT_TEXT


class VoucherPartyOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_en = serializers.CharField()


class VoucherQuotationOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    firm = VoucherPartyOut(source="choice.voucher.holder")
    provider = VoucherPartyOut()
    service = serializers.CharField(source="choice.service")
    state = serializers.ChoiceField(choices=QuotationState.choices)
    task = serializers.CharField()
    answer_by = serializers.DateField()
    deal_won = serializers.IntegerField(allow_null=True)
    supply_won = serializers.IntegerField(allow_null=True)
    vat_won = serializers.IntegerField(allow_null=True)
    days = serializers.IntegerField(allow_null=True)


class VoucherQuotationIn(StrictSerializer):
    supply_won = serializers.IntegerField(min_value=1)
    vat_won = serializers.IntegerField(min_value=0)
    days = serializers.IntegerField(min_value=1, max_value=730)
    text = serializers.CharField(max_length=LONG_TEXT)


class VoucherOrderIn(StrictSerializer):
    quotation = serializers.UUIDField(help_text="A quotation that was given to your firm.")
    why = serializers.CharField(max_length=SHORT_TEXT)


class OrderReasonIn(StrictSerializer):
    reason = serializers.CharField(max_length=SHORT_TEXT)


class VoucherOrderOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="VO, year, six digits.")
    voucher = serializers.CharField(source="voucher.number")
    firm = VoucherPartyOut(source="voucher.holder")
    provider = VoucherPartyOut()
    service = serializers.CharField()
    state = serializers.ChoiceField(choices=OrderState.choices)
    supply_won = serializers.IntegerField(help_text="Without VAT.")
    vat_won = serializers.IntegerField(help_text="Paid by the firm itself.")
    government_won = serializers.IntegerField()
    own_won = serializers.IntegerField()
    ordered_on = serializers.DateField()
    deliver_by = serializers.DateField()


class VoucherClaimIn(StrictSerializer):
    order = serializers.UUIDField()
    text = serializers.CharField(max_length=LONG_TEXT)
    supply_won = serializers.IntegerField(required=False, min_value=1, help_text="Left out: all that is left.")
    vat_won = serializers.IntegerField(required=False, min_value=0)
    invoice_number = serializers.CharField(required=False, max_length=30)
    invoice_on = DayField(required=False)


class VoucherClaimSeenIn(StrictSerializer):
    revision = serializers.IntegerField(
        required=False, min_value=1, help_text="The one you read: 409 where the provider changed the claim since."
    )


class VoucherClaimSaveIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=1, help_text="The one you read.")
    text = serializers.CharField(max_length=LONG_TEXT)
    supply_won = serializers.IntegerField(required=False, min_value=1, help_text="Left out: all that is left.")
    vat_won = serializers.IntegerField(required=False, min_value=0)
    invoice_number = serializers.CharField(required=False, max_length=30)
    invoice_on = DayField(required=False)


class VoucherClaimOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="VP, year, six digits.")
    order = serializers.CharField(source="order.number")
    state = serializers.ChoiceField(choices=ClaimState.choices)
    revision = serializers.IntegerField()
    supply_won = serializers.IntegerField()
    vat_won = serializers.IntegerField()
    government_won = serializers.IntegerField()
    own_won = serializers.IntegerField()
    invoice_number = serializers.CharField()
    answer_due_on = serializers.DateField(allow_null=True)
    paid_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class PaymentFileIn(StrictSerializer):
    call = serializers.CharField(max_length=12, help_text="Number of the call.")
    claims = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=500)


class PaymentFileOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="VB, year, six digits.")
    call = serializers.CharField(source="call.number")
    state = serializers.ChoiceField(choices=BatchState.choices)
    total_won = serializers.IntegerField()
    sha256 = serializers.CharField()
