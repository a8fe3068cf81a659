"""What goes in and out of statements of the account as files."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.core.serializers import StrictSerializer
from royalties.enums.income import CERTAIN, BankFileState, MatchKind
from royalties.models import BankFile, BankRow
from tech_listings.ingest.problems import RowProblem


class BankFileIn(StrictSerializer):
    file = serializers.FileField(help_text="CSV or XLSX as the bank gives it, at most 5 MB.")


class RefusedRowOut(serializers.Serializer):
    row = serializers.IntegerField(help_text="As a spreadsheet counts.")
    column = serializers.CharField(source="field")
    value = serializers.CharField()
    why = serializers.CharField()
    remedy = serializers.CharField()


class BankFileRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=BankFileState.choices)
    uploaded_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class BankFileOut(BankFileRow):
    certain = serializers.SerializerMethodField(help_text="Deposits that booking puts to an invoice.")
    by_hand = serializers.SerializerMethodField(help_text="Deposits that wait to be assigned by hand.")
    known = serializers.SerializerMethodField(help_text="Deposits that are there already.")
    other_rows = serializers.IntegerField(help_text="Rows that are no deposits.")
    refused = serializers.SerializerMethodField(help_text="Rows that could not be read.")

    def get_certain(self, file: BankFile) -> int:
        return file.rows.filter(is_known=False, match_kind__in=CERTAIN).count()

    def get_by_hand(self, file: BankFile) -> int:
        return file.rows.filter(is_known=False).exclude(match_kind__in=CERTAIN).count()

    def get_known(self, file: BankFile) -> int:
        return file.rows.filter(is_known=True).count()

    @extend_schema_field(RefusedRowOut(many=True))
    def get_refused(self, file: BankFile) -> list[dict[str, object]]:
        return list(RefusedRowOut(map(RowProblem.from_json, file.problems), many=True).data)


class BankDepositOut(serializers.Serializer):
    """A deposit, and the invoice that it probably pays."""

    row = serializers.IntegerField()
    booked_on = serializers.DateField()
    amount_won = serializers.IntegerField()
    payer = serializers.CharField(allow_blank=True)
    memo = serializers.CharField(allow_blank=True)
    invoice = serializers.SerializerMethodField()
    why = serializers.ChoiceField(source="match_kind", choices=MatchKind.choices, allow_blank=True)
    is_certain = serializers.SerializerMethodField()
    is_known = serializers.BooleanField()

    def get_invoice(self, row: BankRow) -> str | None:
        return row.invoice.number if row.invoice else None

    def get_is_certain(self, row: BankRow) -> bool:
        return row.match_kind in CERTAIN


class BookedOut(serializers.Serializer):
    receipts = serializers.IntegerField(help_text="Receipts that were written.")
    assigned = serializers.IntegerField(help_text="How many of them were put to an invoice.")
    known = serializers.IntegerField(help_text="Deposits that were there already.")
