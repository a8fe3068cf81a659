"""Contracts going in and out. `id` is the public id, days are days in Korea, money is whole won without VAT."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from deals.api.request_serializers import PartyOut, RequestedListingOut
from deals.clauses import COURT, FIELD, MOST_DAYS, MOST_MONTHS, MOST_YEARS, SPECIAL, TERRITORY, Clauses
from deals.enums.contracts import (
    ContractState,
    EndingState,
    EndReason,
    Improvements,
    Sublicence,
    VersionState,
)
from deals.enums.negotiation import Side
from deals.enums.terms import Method
from deals.models import LONG_TEXT, SHORT_TEXT, Contract, ContractVersion
from deals.queries.contracts import approvals_of, ending_open, quotes_shown
from marketplace.core.serializers import DayField, StrictSerializer
from tech_listings.enums import DealKind

SAID_REASONS = [(each.value, each.label) for each in EndReason if each != EndReason.TERM]


class ContractRow(serializers.Serializer):
    """A row of a list."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="C, year, six digits.")
    state = serializers.ChoiceField(choices=ContractState.choices)
    revision = serializers.IntegerField(help_text="Grows with what is decided; send it back to be told of changes.")
    listing = RequestedListingOut()
    holder = PartyOut()
    firm = PartyOut()
    deal_kind = serializers.ChoiceField(choices=DealKind.choices)
    method = serializers.ChoiceField(choices=Method.choices, help_text="How it is paid by the newest version.")
    drafted_at = serializers.DateTimeField()
    signed_on = serializers.DateField(allow_null=True)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True, help_text="The last day of the term; null where none is agreed.")
    ended_on = serializers.DateField(allow_null=True)
    end_reason = serializers.ChoiceField(choices=EndReason.choices, allow_blank=True)


class ApprovalOut(serializers.Serializer):
    side = serializers.ChoiceField(choices=Side.choices)
    approved_at = serializers.DateTimeField(allow_null=True, source="approval.approved_at", default=None)
    by = serializers.CharField(help_text="Empty where the person is not of your own organization.")


class VersionOut(serializers.Serializer):
    serial = serializers.IntegerField()
    state = serializers.ChoiceField(choices=VersionState.choices)
    method = serializers.ChoiceField(choices=Method.choices)
    terms = serializers.JSONField(help_text="The payment, as it was accepted.")
    clauses = serializers.JSONField()
    reason = serializers.CharField(allow_blank=True)
    holds_from = serializers.DateField(allow_null=True)
    document_hash = serializers.CharField(help_text="SHA-256; it is what a side approves.")
    proposed_at = serializers.DateTimeField()
    refused_at = serializers.DateTimeField(allow_null=True)
    refusal_text = serializers.CharField(allow_blank=True)
    approvals = serializers.SerializerMethodField()
    fee_quotes = serializers.SerializerMethodField(help_text="Numbers of the frozen fees that you may see.")

    @extend_schema_field(ApprovalOut(many=True))
    def get_approvals(self, version: ContractVersion) -> Any:
        return ApprovalOut(approvals_of(version, self.context["user"]), many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_fee_quotes(self, version: ContractVersion) -> Any:
        numbers = [each["quote"] for each in version.rules.get("fees", ())]
        return [number for number in numbers if number in self.context["quotes"]]


class EndingOut(serializers.Serializer):
    side = serializers.ChoiceField(choices=Side.choices)
    reason = serializers.ChoiceField(choices=SAID_REASONS)
    last_day = serializers.DateField()
    mend_by = serializers.DateField(allow_null=True, help_text="Of a breach: the last day to mend it.")
    text = serializers.CharField()
    state = serializers.ChoiceField(choices=EndingState.choices)


class ContractOut(ContractRow):
    exclusive_ground = serializers.CharField(source="exclusive_ground.text", default="", allow_blank=True)
    end_text = serializers.CharField(allow_blank=True)
    cancel_text = serializers.CharField(allow_blank=True)
    versions = serializers.SerializerMethodField()
    ending = serializers.SerializerMethodField()

    @extend_schema_field(VersionOut(many=True))
    def get_versions(self, contract: Contract) -> Any:
        rows = list(contract.versions.for_page().order_by("serial"))  # type: ignore[attr-defined]
        quotes = {quote.number for quote in quotes_shown(rows, self.context["user"])}
        return VersionOut(rows, many=True, context={**self.context, "quotes": quotes}).data

    @extend_schema_field(EndingOut(allow_null=True))
    def get_ending(self, contract: Contract) -> Any:
        found = ending_open(contract)
        return EndingOut(found).data if found else None


class ClausesIn(StrictSerializer):
    territory = serializers.CharField(max_length=TERRITORY)
    field_of_use = serializers.CharField(max_length=FIELD)
    term_months = serializers.IntegerField(min_value=0, max_value=MOST_MONTHS, default=0)
    sublicence = serializers.ChoiceField(choices=Sublicence.choices, default=Sublicence.CONSENT)
    improvements = serializers.ChoiceField(choices=Improvements.choices, default=Improvements.NOTIFIED)
    confidential_years = serializers.IntegerField(min_value=0, max_value=MOST_YEARS, default=5)
    cure_days = serializers.IntegerField(min_value=0, max_value=MOST_DAYS, default=30)
    court = serializers.CharField(max_length=COURT, default="", allow_blank=True)
    special = serializers.CharField(max_length=SPECIAL, default="", allow_blank=True)

    @staticmethod
    def read(given: dict[str, Any]) -> Clauses:
        return Clauses(**given)


class ContractIn(StrictSerializer):
    negotiation = serializers.UUIDField(help_text="An agreed negotiation.")
    clauses = ClausesIn()


class RedraftIn(StrictSerializer):
    clauses = ClausesIn()
    reason = serializers.CharField(max_length=SHORT_TEXT)


class ApproveIn(StrictSerializer):
    document_hash = serializers.RegexField(r"^[0-9a-f]{64}$")


class ContractReasonIn(StrictSerializer):
    text = serializers.CharField(max_length=SHORT_TEXT)


class SignIn(StrictSerializer):
    signed_on = DayField()
    starts_on = DayField()
    signed_copy = serializers.FileField(help_text="A PDF, at most 20 MB.")
    document_hash = serializers.RegexField(
        r"^[0-9a-f]{64}$", required=False, help_text="Of the document that was signed; 409 where another was approved."
    )


class AmendIn(StrictSerializer):
    terms = serializers.JSONField(help_text="All of them, as a version has them.")
    clauses = ClausesIn()
    reason = serializers.CharField(max_length=SHORT_TEXT)
    holds_from = DayField()
    seen_revision = serializers.IntegerField(
        required=False, min_value=1, help_text="That of the contract as you read it; refused (409) where it changed."
    )


class ContractEndIn(StrictSerializer):
    reason = serializers.ChoiceField(choices=SAID_REASONS)
    last_day = DayField()
    text = serializers.CharField(max_length=LONG_TEXT)


class EndAnswerIn(StrictSerializer):
    agree = serializers.BooleanField()
    text = serializers.CharField(
        max_length=SHORT_TEXT, default="", allow_blank=True, help_text="Needed if you decline."
    )
