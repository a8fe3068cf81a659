"""The studio for programs. Won are whole and without VAT, rates basis points, days days in Korea."""

from typing import Any

from rest_framework import serializers

from deals.enums.terms import Method
from deals.models import Choice
from deals.queries.studio import is_intact
from deals.terms import Case, Forecast
from deals.terms.forecast import MOST_YEARS
from marketplace.core.serializers import DayField, StrictSerializer

ROW = "Net sales in won per calendar year, the first of them that of the first sale."


class ForecastIn(StrictSerializer):
    first_sale_on = DayField()
    discount_bp = serializers.IntegerField(min_value=0, max_value=10_000, help_text="The firm's own rate a year.")
    low = serializers.ListField(child=serializers.IntegerField(min_value=0), max_length=MOST_YEARS, help_text=ROW)
    base = serializers.ListField(child=serializers.IntegerField(min_value=0), max_length=MOST_YEARS, help_text=ROW)
    high = serializers.ListField(child=serializers.IntegerField(min_value=0), max_length=MOST_YEARS, help_text=ROW)

    def forecast(self) -> Forecast:
        rows = {case.value: tuple(self.validated_data[case.value]) for case in (Case.LOW, Case.BASE, Case.HIGH)}
        given: dict[str, Any] = {**self.validated_data, **rows}
        return Forecast(**given)


class ForecastOut(serializers.Serializer):
    first_sale_on = serializers.DateField()
    discount_bp = serializers.IntegerField()
    low = serializers.ListField(child=serializers.IntegerField())
    base = serializers.ListField(child=serializers.IntegerField())
    high = serializers.ListField(child=serializers.IntegerField())


class ForecastCaseOut(serializers.Serializer):
    cash_won = serializers.ListField(child=serializers.IntegerField(), help_text="Per year of `years`.")
    total_won = serializers.IntegerField()
    present_value_won = serializers.IntegerField()
    before_first_sale_won = serializers.IntegerField(allow_null=True)
    before_first_sale_bp = serializers.IntegerField(allow_null=True, help_text="Of the total; null without a sale.")


class CasesOut(serializers.Serializer):
    low = ForecastCaseOut()
    base = ForecastCaseOut()
    high = ForecastCaseOut()
    none = ForecastCaseOut(help_text="Nothing is ever sold.")


class OutcomeOut(serializers.Serializer):
    key = serializers.UUIDField(help_text="The option.")
    title = serializers.CharField()
    method = serializers.ChoiceField(choices=Method.choices)
    terms = serializers.JSONField(help_text="As they were offered.")
    cases = CasesOut()
    worst_won = serializers.IntegerField(help_text="What it costs if nothing is sold.")
    slip_total_won = serializers.IntegerField(help_text="Change of the base total when sales slip a year.")
    slip_present_value_won = serializers.IntegerField()
    slip_ends_swap = serializers.BooleanField(help_text="Selling would begin after the last day that a swap allows.")
    break_even_won = serializers.DictField(
        child=serializers.IntegerField(allow_null=True),
        help_text="By other option: net sales of all years from which this one costs more; null: never.",
    )


class ComparisonOut(serializers.Serializer):
    signed_on = serializers.DateField(help_text="Assumed: today in Korea.")
    forecast = ForecastOut()
    years = serializers.ListField(child=serializers.IntegerField())
    options = OutcomeOut(many=True)
    digest = serializers.CharField(help_text="SHA-256 of inputs and figures; `choose` may be given it as `seen`.")


class ChooseIn(StrictSerializer):
    option = serializers.UUIDField()
    seen = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        help_text="Digest of the comparison that was shown, empty for none; refused (409) where it is another one now.",
    )


class ChoiceOut(serializers.Serializer):
    """Evidence of a choice, for the firm alone."""

    id = serializers.UUIDField(source="public_id")
    option = serializers.UUIDField(source="option.public_id")
    title = serializers.CharField(source="option.title")
    chosen_at = serializers.DateTimeField()
    inputs = serializers.JSONField()
    shown = serializers.JSONField()
    result = serializers.JSONField()
    evidence_hash = serializers.CharField()
    is_intact = serializers.SerializerMethodField(help_text="Computed again from the stored row: the same to the won.")

    def get_is_intact(self, choice: Choice) -> bool:
        return is_intact(choice)


class BandOut(serializers.Serializer):
    key = serializers.CharField()
    name_ko = serializers.CharField()
    name_en = serializers.CharField()
    name_zh = serializers.CharField()
    low_bp = serializers.IntegerField()
    high_bp = serializers.IntegerField()
    is_higher_late = serializers.BooleanField(help_text="10 % and more close to the market.")


class SourceOut(serializers.Serializer):
    text_ko = serializers.CharField()
    text_en = serializers.CharField()
    text_zh = serializers.CharField()


class RunningOffersOut(serializers.Serializer):
    offers = serializers.IntegerField()
    with_running = serializers.IntegerField()
    with_reason = serializers.IntegerField(help_text="Without a running royalty, and a reason why.")


class UsualRatesOut(serializers.Serializer):
    bands = BandOut(many=True, help_text="Survey bands, in basis points of net sales.")
    sources = SourceOut(many=True)
    offers_of_institutes = RunningOffersOut(allow_null=True, help_text="Null while there are fewer than three.")
