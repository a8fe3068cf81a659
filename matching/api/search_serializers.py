"""What goes in and out of saved searches. `id` is the public id; matches are of listings that are public now."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.core.serializers import StrictSerializer
from matching.alert_notices import reason_text
from matching.api.need_serializers import MatchedListingOut
from matching.enums import AlertRate, SearchState, WhyNot
from matching.models import Match
from matching.services.compile_search import MOST_CHARACTERS
from matching.services.save_search import NAME_MAX


class SavedSearchOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    query = serializers.CharField(help_text="Query string of the list of technologies: `GET /api/v1/listings/?…`.")
    rate = serializers.ChoiceField(choices=AlertRate.choices)
    state = serializers.ChoiceField(choices=SearchState.choices)
    created_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField(help_text="After 90 days without being opened, the owner is asked.")
    found = serializers.IntegerField(help_text="Matches, without those that were said not to fit.")
    new = serializers.IntegerField(help_text="Of these found since it was last opened.")


class SavedSearchIn(StrictSerializer):
    query = serializers.CharField(max_length=MOST_CHARACTERS, help_text="For example `q=수소 저장&trl=6`.")
    name = serializers.CharField(max_length=NAME_MAX, required=False, default="", allow_blank=True)
    rate = serializers.ChoiceField(choices=AlertRate.choices, required=False, default=AlertRate.DAILY)


class SavedSearchChangeIn(StrictSerializer):
    name = serializers.CharField(max_length=NAME_MAX, required=False)
    rate = serializers.ChoiceField(choices=AlertRate.choices, required=False)
    state = serializers.ChoiceField(choices=SearchState.choices, required=False)


class SearchReasonOut(serializers.Serializer):
    words = serializers.ListField(child=serializers.CharField(), help_text="Words of the search that the listing has.")
    meaning = serializers.IntegerField(allow_null=True, help_text="Similarity in percent, where that decided.")
    text = serializers.CharField(help_text="The same as a sentence, in the language of the request.")


class SearchMatchOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    listing = MatchedListingOut()
    score = serializers.IntegerField(help_text="0 to 100.")
    reason = serializers.SerializerMethodField()
    found_at = serializers.DateTimeField()
    alerted_at = serializers.DateTimeField(allow_null=True)
    why_not = serializers.ChoiceField(choices=WhyNot.choices, allow_blank=True)
    why_not_text = serializers.CharField(allow_blank=True)

    @extend_schema_field(SearchReasonOut)
    def get_reason(self, match: Match) -> Any:
        reason = match.reason
        return {
            "words": reason.get("words", []),
            "meaning": reason.get("meaning"),
            "text": reason_text(reason),
        }
