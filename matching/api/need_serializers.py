"""What goes in and out about needs. `id` is the public id, days are days in Korea, money is whole won."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from matching.enums import AlertRate, AnswerKind, NeedOutcome, NeedState, WhyNot
from matching.models import LONG_TEXT, Need
from matching.services.close import BY_HAND


class AskerOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_en = serializers.CharField()


class MatchedListingOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    title_ko = serializers.CharField()
    title_en = serializers.CharField()
    title_zh = serializers.CharField()


class NeedRow(serializers.Serializer):
    """A row of a list. The queryset comes from `shown_to`."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="N, year, six digits.")
    title = serializers.CharField()
    organization = serializers.SerializerMethodField(help_text="Null where the need is anonymous and not your own.")
    st_class = serializers.CharField(allow_blank=True)
    trl_from = serializers.IntegerField(allow_null=True)
    trl_to = serializers.IntegerField(allow_null=True)
    region_code = serializers.CharField(allow_blank=True)
    budget_won = serializers.IntegerField(allow_null=True)
    answer_by = serializers.DateField(help_text="Answers are welcome until the end of this day in Korea.")
    state = serializers.ChoiceField(choices=NeedState.choices)
    outcome = serializers.ChoiceField(choices=NeedOutcome.choices, allow_blank=True)
    opened_at = serializers.DateTimeField()

    @extend_schema_field(AskerOut(allow_null=True))
    def get_organization(self, need: Need) -> Any:
        return AskerOut(need.organization).data if need.shows_asker else None


class NeedOut(NeedRow):
    problem = serializers.CharField()
    closing_note = serializers.CharField(allow_blank=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField(help_text="An edit must name it.")
    is_anonymous = serializers.BooleanField()
    rate = serializers.SerializerMethodField(help_text="How often mail comes about matches; null for others.")

    @extend_schema_field(serializers.ChoiceField(choices=AlertRate.choices, allow_null=True))
    def get_rate(self, need: Need) -> Any:
        return need.rate if need.is_inside else None


class NeedIn(StrictSerializer):
    title = serializers.CharField(max_length=200)
    problem = serializers.CharField(max_length=LONG_TEXT)
    answer_by = DayField(help_text="Tomorrow in Korea or later, at most a year ahead.")
    st_class = serializers.CharField(max_length=6, required=False, allow_blank=True)
    trl_from = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=9)
    trl_to = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=9)
    region_code = serializers.CharField(max_length=10, required=False, allow_blank=True)
    budget_won = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10**15 - 1)
    is_anonymous = serializers.BooleanField(required=False)
    rate = serializers.ChoiceField(choices=AlertRate.choices, required=False, help_text="Mail about new matches.")


class NeedPatchIn(NeedIn):
    title = serializers.CharField(max_length=200, required=False)
    problem = serializers.CharField(max_length=LONG_TEXT, required=False)
    answer_by = DayField(required=False)
    revision = serializers.IntegerField(min_value=1, help_text="The revision you read. 409 if there is a newer one.")


class NeedCloseIn(StrictSerializer):
    outcome = serializers.ChoiceField(choices=[(o.value, o.label) for o in BY_HAND])
    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class NeedReopenIn(StrictSerializer):
    answer_by = DayField()


class NeedAnswerIn(StrictSerializer):
    kind = serializers.ChoiceField(choices=AnswerKind.choices)
    listing = serializers.CharField(
        max_length=40, required=False, default="", allow_blank=True, help_text="Number or id of the technology."
    )
    text = serializers.CharField(max_length=2_000, required=False, default="", allow_blank=True)


class NeedAnswerOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    organization = AskerOut()
    kind = serializers.ChoiceField(choices=AnswerKind.choices)
    listing = serializers.SerializerMethodField(help_text="Null where there is none, or it is not published any more.")
    text = serializers.CharField(allow_blank=True)
    answered_at = serializers.DateTimeField()

    @extend_schema_field(MatchedListingOut(allow_null=True))
    def get_listing(self, answer: Any) -> Any:
        return MatchedListingOut(answer.listing).data if answer.listing and answer.listing.is_public else None


class ReasonOut(serializers.Serializer):
    words = serializers.ListField(child=serializers.CharField(), help_text="Words both have, at most six.")
    meaning = serializers.IntegerField(required=False, help_text="Similarity in percent, where it says something.")


class NeedMatchOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    listing = MatchedListingOut()
    score = serializers.IntegerField(help_text="0 to 100.")
    reason = ReasonOut()
    found_at = serializers.DateTimeField()
    why_not = serializers.ChoiceField(choices=WhyNot.choices, allow_blank=True)
    why_not_text = serializers.CharField(allow_blank=True)


class FeedbackIn(StrictSerializer):
    why_not = serializers.ChoiceField(choices=WhyNot.choices)
    text = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
