"""What goes in and out of royalty money. `id` is the public id, days are days in Korea, money is whole won."""

from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from royalties.enums.calendar import DueKind
from royalties.enums.income import MOST_INVOICE_WON, FeePayer, InvoiceState, MatchKind, ReceiptState
from royalties.enums.rules import Pot
from royalties.models.invoices import SHORT_TEXT


class InvoicePartyOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_en = serializers.CharField()


class InvoiceOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="I, year, six digits.")
    contract = serializers.CharField(source="contract.number")
    holder = InvoicePartyOut(source="contract.holder")
    firm = InvoicePartyOut(source="contract.firm")
    kind = serializers.ChoiceField(source="due.kind", choices=DueKind.choices)
    year = serializers.IntegerField(source="due.year", allow_null=True)
    net_won = serializers.IntegerField()
    vat_won = serializers.IntegerField()
    total_won = serializers.IntegerField()
    paid_won = serializers.IntegerField()
    waived_won = serializers.IntegerField(help_text="Given up by the holder after a part was paid.")
    open_won = serializers.IntegerField()
    pay_by = serializers.DateField()
    issued_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=InvoiceState.choices)


class InvoiceIn(StrictSerializer):
    due = serializers.UUIDField(help_text="A line of the contract's calendar whose amount is known.")
    pay_by = DayField(required=False)
    vat_bp = serializers.IntegerField(required=False, min_value=0, max_value=10_000)
    text = serializers.CharField(required=False, max_length=SHORT_TEXT, allow_blank=True)


class RoyaltyReasonIn(StrictSerializer):
    reason = serializers.CharField(max_length=SHORT_TEXT)


class ReceiptPartOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    invoice = serializers.CharField(source="invoice.number")
    amount_won = serializers.IntegerField()
    net_won = serializers.IntegerField()
    vat_won = serializers.IntegerField()
    why = serializers.ChoiceField(source="match_kind", choices=MatchKind.choices)
    undone_at = serializers.DateTimeField(allow_null=True)


class ReceiptOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="P, year, six digits.")
    booked_on = serializers.DateField()
    amount_won = serializers.IntegerField()
    allocated_won = serializers.IntegerField()
    returned_won = serializers.IntegerField()
    open_won = serializers.IntegerField()
    payer = serializers.CharField()
    memo = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=ReceiptState.choices)
    parts = ReceiptPartOut(source="allocations.all", many=True)


class ReceiptIn(StrictSerializer):
    booked_on = DayField()
    amount_won = serializers.IntegerField(min_value=1)
    payer = serializers.CharField(max_length=200)
    memo = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class AssignIn(StrictSerializer):
    invoice = serializers.UUIDField()
    amount_won = serializers.IntegerField(required=False, min_value=1)


class PayBackIn(RoyaltyReasonIn):
    amount_won = serializers.IntegerField(min_value=1, max_value=MOST_INVOICE_WON)


class PersonShareOut(serializers.Serializer):
    """What a person gets of a distribution; of one that was taken back, `undone_at` says when."""

    id = serializers.UUIDField(source="public_id")
    distribution = serializers.CharField(source="distribution.number")
    contract = serializers.CharField(source="distribution.contract.number")
    name = serializers.CharField(source="payee.name")
    email = serializers.EmailField(source="payee.email")
    staff_number = serializers.CharField(source="payee.staff_number")
    pot = serializers.ChoiceField(choices=Pot.choices)
    share_bp = serializers.IntegerField()
    royalty_won = serializers.IntegerField(source="distribution.royalty_won")
    amount_won = serializers.IntegerField()
    shared_at = serializers.DateTimeField(source="distribution.shared_at")
    undone_at = serializers.DateTimeField(source="distribution.undone_at", allow_null=True)


class ReceiptFeeOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    distribution = serializers.CharField(source="distribution.number")
    contract = serializers.CharField(source="distribution.contract.number")
    broker = InvoicePartyOut()
    payer = serializers.ChoiceField(choices=FeePayer.choices)
    net_won = serializers.IntegerField()
    vat_won = serializers.IntegerField()
    shared_at = serializers.DateTimeField(source="distribution.shared_at")
    undone_at = serializers.DateTimeField(source="distribution.undone_at", allow_null=True)
