"""What goes in and out about fees. `id` is the public id, money is whole won, rates and shares are basis points."""

import dataclasses
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from brokers.enums.fees import (
    MOST_BROKERS,
    MOST_WON,
    BandState,
    FeeBasis,
    FeeMethod,
    LineKind,
    PayingSide,
    QuoteState,
    ScheduleState,
    ScheduleUse,
)
from brokers.fees import Calculation, Line
from brokers.models import BandRequest, FeeSchedule, Quote
from brokers.models.quotes import LONG_TEXT
from brokers.queries.fees import band_request_of
from brokers.wording.fees import lines_of, sentence, tier_rows
from marketplace.core.money import BASIS_POINTS
from marketplace.core.serializers import StrictSerializer


class TierOut(serializers.Serializer):
    from_won = serializers.IntegerField(help_text="The rate is taken of what lies above this.")
    to_won = serializers.IntegerField(allow_null=True, help_text="Up to and with this; null for the last.")
    rate_bp = serializers.IntegerField()


class ScheduleRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name_ko = serializers.CharField()
    name_en = serializers.CharField()
    name_zh = serializers.CharField()
    use = serializers.ChoiceField(choices=ScheduleUse.choices)
    state = serializers.ChoiceField(choices=ScheduleState.choices)
    valid_from = serializers.DateField(allow_null=True)
    is_in_force = serializers.SerializerMethodField()
    is_assumption = serializers.BooleanField(help_text="Some of it stands in no source; `source` says what.")
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # hides an argument of fields
    published_at = serializers.DateTimeField(allow_null=True)

    def get_is_in_force(self, schedule: FeeSchedule) -> bool:
        return schedule.pk == self.context.get("in_force")


class ScheduleOut(ScheduleRow):
    basis = serializers.ChoiceField(choices=FeeBasis.choices)
    method = serializers.ChoiceField(choices=FeeMethod.choices)
    tiers = serializers.SerializerMethodField()
    minimum_won = serializers.IntegerField(allow_null=True)
    floor_won = serializers.IntegerField(allow_null=True)
    ceiling_won = serializers.IntegerField(allow_null=True)
    retainer_won = serializers.IntegerField()
    retainer_credited = serializers.BooleanField()
    vat_bp = serializers.IntegerField()
    vat_included = serializers.BooleanField()
    paid_by = serializers.ChoiceField(choices=PayingSide.choices)
    holder_share_bp = serializers.IntegerField()
    tail_months = serializers.IntegerField()
    below_bp = serializers.IntegerField(help_text="Band below the guideline's fee in which no reason is needed.")
    above_bp = serializers.IntegerField(help_text="Band above it.")
    superseded_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawal_reason = serializers.CharField(allow_blank=True)

    @extend_schema_field(TierOut(many=True))
    def get_tiers(self, schedule: FeeSchedule) -> Any:
        return TierOut(tier_rows(schedule.plan), many=True).data


class FeeLineOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=LineKind.choices)
    text = serializers.SerializerMethodField(help_text="The line in words, in the language of the request.")
    amount_won = serializers.IntegerField(help_text="Of all lines together: the total.")
    part_won = serializers.IntegerField(allow_null=True)
    rate_bp = serializers.IntegerField(allow_null=True)
    from_won = serializers.IntegerField(allow_null=True)
    to_won = serializers.IntegerField(allow_null=True)

    def get_text(self, line: Line) -> str:
        return sentence(line)


class FeePortionOut(serializers.Serializer):
    key = serializers.CharField(help_text="holder or firm, of a quote client; of brokers their place from 1.")
    share_bp = serializers.IntegerField()
    net_won = serializers.IntegerField()
    vat_won = serializers.IntegerField()


class CalculationOut(serializers.Serializer):
    schedule = serializers.UUIDField(help_text="The version it was computed with.")
    value_won = serializers.IntegerField()
    guideline_won = serializers.IntegerField()
    lower_won = serializers.IntegerField(help_text="Lowest fee that needs no reason.")
    upper_won = serializers.IntegerField(help_text="Highest fee that needs no reason.")
    fee_won = serializers.IntegerField()
    is_inside = serializers.BooleanField()
    lines = FeeLineOut(many=True)
    start_won = serializers.IntegerField(help_text="Retainer, due at the beginning.")
    success_won = serializers.IntegerField(help_text="The rest, due at success.")
    net_won = serializers.IntegerField()
    vat_won = serializers.IntegerField()
    total_won = serializers.IntegerField()
    payers = FeePortionOut(many=True)
    brokers = FeePortionOut(many=True)


def calculation_out(schedule: FeeSchedule, made: Calculation) -> Any:
    """The answer for `made` by `schedule`."""
    names = (*(field.name for field in dataclasses.fields(made)), "is_inside", "total_won")
    return CalculationOut({name: getattr(made, name) for name in names} | {"schedule": schedule.public_id}).data


class CalculationIn(StrictSerializer):
    value_won = serializers.IntegerField(min_value=1, max_value=MOST_WON)
    fee_won = serializers.IntegerField(min_value=0, max_value=MOST_WON, required=False, allow_null=True)
    schedule = serializers.UUIDField(required=False, help_text="A published version; without it the one in force.")
    shares_bp = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BASIS_POINTS), required=False, max_length=MOST_BROKERS,
        help_text="Shares of several brokers, 10,000 together.",
    )  # fmt: skip


class FeePartyOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_en = serializers.CharField()


class QuoteRow(serializers.Serializer):
    """A row of a list."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="F, year, six digits.")
    broker = FeePartyOut()
    client = FeePartyOut()
    subject = serializers.CharField()
    state = serializers.ChoiceField(choices=QuoteState.choices)
    schedule = serializers.UUIDField(source="schedule.public_id")
    value_won = serializers.IntegerField()
    fee_won = serializers.IntegerField()
    total_won = serializers.IntegerField()
    is_inside = serializers.BooleanField(help_text="Whether the fee lies within the band of its version.")
    quoted_at = serializers.DateTimeField()
    valid_until = serializers.DateField(help_text="The last day in Korea on which it can be accepted.")
    accepted_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class FeeShareOut(serializers.Serializer):
    organization = FeePartyOut()
    share_bp = serializers.IntegerField()
    net_won = serializers.IntegerField()
    vat_won = serializers.IntegerField()


class BandRequestOut(serializers.Serializer):
    reason = serializers.CharField()
    state = serializers.ChoiceField(choices=BandState.choices)
    asked_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_text = serializers.CharField(allow_blank=True)


class QuoteOut(QuoteRow):
    mandate = serializers.SerializerMethodField(help_text="The mandate it was quoted under; null for none.")
    guideline_won = serializers.IntegerField()
    lower_won = serializers.IntegerField()
    upper_won = serializers.IntegerField()
    start_won = serializers.IntegerField()
    net_won = serializers.IntegerField()
    vat_won = serializers.IntegerField()
    lines = serializers.SerializerMethodField()
    payers = serializers.SerializerMethodField(
        help_text="The client alone: it owes the whole, however the guideline divides fees between the sides."
    )
    shares = serializers.SerializerMethodField()
    band_request = serializers.SerializerMethodField(help_text="Null where nothing was asked.")

    def get_mandate(self, quote: Quote) -> str | None:
        return str(quote.mandate.public_id) if quote.mandate else None

    @extend_schema_field(FeeLineOut(many=True))
    def get_lines(self, quote: Quote) -> Any:
        return FeeLineOut(lines_of(quote.lines), many=True).data

    @extend_schema_field(FeePortionOut(many=True))
    def get_payers(self, quote: Quote) -> Any:
        portion = {"key": "client", "share_bp": BASIS_POINTS, "net_won": quote.net_won, "vat_won": quote.vat_won}
        return FeePortionOut([portion], many=True).data

    @extend_schema_field(FeeShareOut(many=True))
    def get_shares(self, quote: Quote) -> Any:
        return FeeShareOut(quote.shares.all(), many=True).data

    @extend_schema_field(BandRequestOut(allow_null=True))
    def get_band_request(self, quote: Quote) -> Any:
        asked: BandRequest | None = band_request_of(quote)
        return BandRequestOut(asked).data if asked else None


class BrokerShareIn(StrictSerializer):
    organization = serializers.UUIDField()
    share_bp = serializers.IntegerField(min_value=1, max_value=BASIS_POINTS)


class QuoteIn(StrictSerializer):
    client = serializers.UUIDField(help_text="Id of an institute or company.")
    subject = serializers.CharField(max_length=200)
    value_won = serializers.IntegerField(min_value=1, max_value=MOST_WON)
    fee_won = serializers.IntegerField(
        min_value=0, max_value=MOST_WON, required=False, allow_null=True, help_text="Without it the guideline's."
    )
    schedule = serializers.UUIDField(
        required=False, help_text="The version you looked at: 409 where another one is in force."
    )
    brokers = BrokerShareIn(many=True, required=False, help_text="You and others, 10,000 together.")
    mandate = serializers.UUIDField(
        required=False, allow_null=True, help_text="Quote under it: fee, version and shares are the mandate's."
    )


class BandReasonIn(StrictSerializer):
    reason = serializers.CharField(max_length=LONG_TEXT)


class BandDecisionIn(StrictSerializer):
    grant = serializers.BooleanField()
    text = serializers.CharField(max_length=LONG_TEXT, help_text="Broker and client read it.")


class EmptyIn(StrictSerializer):
    """A call without a body."""
