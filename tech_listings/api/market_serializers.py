"""What a holder says about technologies on the market, in and out. `id` is the public id, days are those of Korea."""

from typing import Any

from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from tech_listings.api.serializers import ExclusivityOut, ListingRow
from tech_listings.clocks import LONGEST_TERM, SHORTEST_TERM
from tech_listings.enums import Ground, Outcome
from tech_listings.models.market import LONG_TEXT

MOST_AT_ONCE = 10_000


class ToConfirmRow(ListingRow):
    """`since` is the day from which its confirmation counts."""

    since = serializers.DateField(read_only=True)


class ConfirmIn(StrictSerializer):
    """`ids` of technologies, or `all` that the parameters of this address show."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_AT_ONCE, required=False)
    all = serializers.BooleanField(required=False, default=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if bool(data.get("ids")) == data["all"]:
            raise serializers.ValidationError({"ids": ["Send `ids`, or `all`: true."]})
        return data


class ConfirmedOut(serializers.Serializer):
    confirmed = serializers.IntegerField(help_text="Confirmed today")
    resumed = serializers.IntegerField(help_text="Of these, back on the market by it")
    left = serializers.IntegerField(help_text="Named, and not to be confirmed any more")
    lapsed = serializers.IntegerField(help_text="Off the market still: no valid right is left")


class CloseIn(StrictSerializer):
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    on = DayField(required=False, help_text="The day of the contract or decision; else today")
    text = serializers.CharField(max_length=300)
    revision = serializers.IntegerField(min_value=1, required=False)


class WithoutRightIn(StrictSerializer):
    text = serializers.CharField(max_length=300)
    revision = serializers.IntegerField(min_value=1, required=False)


class TermIn(StrictSerializer):
    months = serializers.IntegerField(min_value=SHORTEST_TERM, max_value=LONGEST_TERM)
    decided_on = DayField()
    decided_by = serializers.CharField(max_length=100)
    document = serializers.CharField(max_length=300)


class TermOut(TermIn):
    recorded_at = serializers.DateTimeField()


class GroundIn(StrictSerializer):
    ground = serializers.ChoiceField(choices=Ground.choices, help_text="`nobody_asked` is counted and cannot be said")
    text = serializers.CharField(max_length=LONG_TEXT)


class GroundOut(serializers.Serializer):
    ground = serializers.ChoiceField(choices=Ground.choices)
    text = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class InterestOut(serializers.Serializer):
    asked_at = serializers.DateTimeField()


class MyExclusivityOut(serializers.Serializer):
    """What the holder sees besides: when somebody asked, what was decided and recorded."""

    exclusivity = ExclusivityOut(source="*")
    interests = InterestOut(many=True)
    terms = TermOut(many=True)
    grounds = GroundOut(many=True)
