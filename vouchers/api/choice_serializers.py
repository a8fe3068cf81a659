"""Searches for a provider and their outcome, documents of claims, results of payment files."""

from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from vouchers.api.order_serializers import VoucherPartyOut, VoucherQuotationOut
from vouchers.models.vouchers import LONG_TEXT, SHORT_TEXT
from vouchers.services.orders.choose import MOST_ASKED


class ProviderSeenOut(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    number = serializers.CharField(help_text="Of the public register.")


class ProviderSearchOut(serializers.Serializer):
    order_of = serializers.DateField(help_text="The day whose neutral order this is; send it back with the choice.")
    found = serializers.IntegerField(help_text="How many there are; at most 50 are shown and kept.")
    providers = ProviderSeenOut(many=True)


class ProviderChoiceIn(StrictSerializer):
    service = serializers.CharField(max_length=40, help_text="Key of a service of the call's menu.")
    order_of = DayField(help_text="Of the search that was seen: today or yesterday.")
    query = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=200), max_length=30),
        required=False,
        help_text="The filters of the search, as lists.",
    )


class ProviderChoiceOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    voucher = serializers.CharField(source="voucher.number")
    service = serializers.CharField()
    query = serializers.DictField()
    order_of = serializers.DateField()
    candidates = ProviderSeenOut(many=True)
    found = serializers.IntegerField()
    seen_at = serializers.DateTimeField()
    is_open = serializers.BooleanField()
    chosen = VoucherPartyOut(allow_null=True)
    why = serializers.CharField()
    dropped_at = serializers.DateTimeField(allow_null=True)
    quotations = VoucherQuotationOut(many=True)


class QuotationsAskIn(StrictSerializer):
    providers = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_ASKED)
    task = serializers.CharField(max_length=LONG_TEXT)
    answer_by = DayField()
    deal_won = serializers.IntegerField(required=False, min_value=1, help_text="Of a brokerage: the deal's value.")


class ChoiceDropIn(StrictSerializer):
    reason = serializers.CharField(max_length=SHORT_TEXT)


class VoucherClaimDocumentIn(StrictSerializer):
    key = serializers.CharField(max_length=40, help_text="`deliverable`, or a paper that the call wants with a claim.")
    document = serializers.FileField(allow_empty_file=True)


class VoucherClaimDocumentOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    key = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()


class PaymentResultIn(StrictSerializer):
    file = serializers.FileField(help_text="The CSV of the payment file with result, day and text filled in.")


class PaymentResultOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    paid = serializers.IntegerField()
    failed = serializers.IntegerField()
    returned = serializers.IntegerField()
    read_at = serializers.DateTimeField()
