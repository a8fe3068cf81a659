"""What goes in and out about the capability index. Scores are basis points of 10,000."""

from typing import Any

from rest_framework import serializers

from marketplace.core.money import BASIS_POINTS
from marketplace.core.serializers import StrictSerializer
from policy.enums.index import PeerGroup, WeightsState
from policy.models import IndexWeights
from policy.models.index import SOURCE_LENGTH
from policy.queries.index import own_inputs
from policy.scheme.index import MOST_BANDS, MOST_POINTS_BP, PARTS, Band, Scheme
from policy.scheme.survey import MOST

MOST_WON = 10**15


class WeightsOut(serializers.Serializer):
    """A version of the index; drafts are seen by officers only."""

    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=WeightsState.choices)
    revision = serializers.IntegerField(help_text="Send it back with what you change or publish.")
    version = serializers.IntegerField()
    weights = serializers.SerializerMethodField(help_text="By indicator, in basis points that add up to 10,000.")
    bands = serializers.SerializerMethodField(help_text="Incentive on indirect cost by rank in the peer group.")
    least_complete_bp = serializers.SerializerMethodField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name hides an option
    is_assumption = serializers.BooleanField()
    published_at = serializers.DateTimeField(allow_null=True)

    def get_weights(self, row: IndexWeights) -> dict[str, int]:
        return dict(row.plan.weights)

    def get_bands(self, row: IndexWeights) -> list[dict[str, int]]:
        found: list[dict[str, int]] = row.plan.as_json()["bands"]
        return found

    def get_least_complete_bp(self, row: IndexWeights) -> int:
        return row.plan.least_complete_bp


class CapabilityRankingRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    year = serializers.IntegerField()
    version = serializers.IntegerField()
    weights_version = serializers.IntegerField(source="weights.version")
    institutes = serializers.IntegerField(source="line_count")
    reason = serializers.CharField(allow_blank=True, help_text="Why it was computed anew.")
    digest = serializers.CharField(help_text="SHA-256 over figures and weights that it was computed from.")
    published_at = serializers.DateTimeField()


class CapabilityLineOut(serializers.Serializer):
    institute = serializers.UUIDField(source="institute.public_id")
    institute_name = serializers.CharField(source="institute.name")
    group = serializers.CharField(help_text="`basic`, `infrastructure`, `education` or `commercialization`.")
    rank = serializers.IntegerField(help_text="Within the peer group; equal scores share one.")
    of = serializers.IntegerField()
    score_bp = serializers.IntegerField()
    support_bp = serializers.IntegerField()
    management_bp = serializers.IntegerField()
    results_bp = serializers.IntegerField()
    complete_bp = serializers.IntegerField(help_text="Weight of what is known.")
    points_bp = serializers.IntegerField(help_text="More indirect cost, in basis points.")


class CapabilityRankingOut(CapabilityRankingRow):
    lines = CapabilityLineOut(many=True)


class BandIn(StrictSerializer):
    up_to_rank = serializers.IntegerField(min_value=1, max_value=10_000)
    points_bp = serializers.IntegerField(min_value=0, max_value=MOST_POINTS_BP)


class WeightsByIndicatorIn(StrictSerializer):
    """Basis points by indicator; together 10,000."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {str(name): serializers.IntegerField(min_value=0, max_value=BASIS_POINTS) for name in PARTS}


class WeightsIn(StrictSerializer):
    weights = WeightsByIndicatorIn()
    bands = BandIn(  # type: ignore[call-arg]  # of the list that it becomes
        many=True, max_length=MOST_BANDS, help_text="Down the ranks, each with no more than the one before."
    )
    least_complete_bp = serializers.IntegerField(min_value=0, max_value=BASIS_POINTS)
    source = serializers.CharField(max_length=SOURCE_LENGTH)  # type: ignore[assignment]

    @staticmethod
    def scheme(given: dict[str, Any]) -> Scheme:
        """Not checked yet: the service does."""
        bands = tuple(Band(**band) for band in given["bands"])
        return Scheme(dict(given["weights"]), bands, given["least_complete_bp"])


class WeightsEditIn(WeightsIn):
    revision = serializers.IntegerField(min_value=0, max_value=10**6)


class WeightsRevisionIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=0, max_value=10**6, help_text="That you have seen.")


class PeerPlaceOut(serializers.Serializer):
    institute = serializers.UUIDField(source="institute.public_id")
    institute_name = serializers.CharField(source="institute.name")
    group = serializers.ChoiceField(choices=PeerGroup.choices)
    reason = serializers.CharField(allow_blank=True, help_text="Why an officer put it there, else empty.")


class PeerPlaceIn(StrictSerializer):
    institute = serializers.UUIDField()
    group = serializers.ChoiceField(choices=PeerGroup.choices)
    reason = serializers.CharField(max_length=SOURCE_LENGTH)


class RankingPublishIn(StrictSerializer):
    year = serializers.IntegerField(min_value=2000, max_value=2100)
    seen = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="`digest` of the ranking that you looked at.")
    reason = serializers.CharField(
        max_length=SOURCE_LENGTH, required=False, allow_blank=True, default="",
        help_text="Why it is computed anew; needed from the second version on.",
    )  # fmt: skip


class WhatIfIn(StrictSerializer):
    """Figures instead of those of your institute; what is left out stays as published."""

    year = serializers.IntegerField(min_value=2000, max_value=2100)
    new_technologies = serializers.IntegerField(min_value=0, max_value=MOST["new_technologies"], required=False)
    research_expenditure_won = serializers.IntegerField(
        min_value=0, max_value=MOST["research_expenditure_won"], required=False
    )
    office_staff = serializers.IntegerField(min_value=0, max_value=MOST["office_staff"], required=False)
    registered = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)
    transfers = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)
    receipts_won = serializers.IntegerField(min_value=0, max_value=MOST_WON, required=False)


class ScoreOut(serializers.Serializer):
    rank = serializers.IntegerField()
    of = serializers.IntegerField()
    score_bp = serializers.IntegerField()
    areas = serializers.DictField(child=serializers.IntegerField())
    complete_bp = serializers.IntegerField()
    points_bp = serializers.IntegerField()


class RankingPreviewLineOut(ScoreOut):
    institute = serializers.CharField(source="key")
    group = serializers.CharField()


class RankingPreviewOut(serializers.Serializer):
    """What would be published now."""

    year = serializers.IntegerField()
    weights_version = serializers.IntegerField()
    digest = serializers.CharField()
    lines = RankingPreviewLineOut(many=True, source="scores")


class IndicatorOut(serializers.Serializer):
    indicator = serializers.CharField()
    weight_bp = serializers.IntegerField()
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    score_bp = serializers.IntegerField(allow_null=True, help_text="Share of the best of the peer group.")


class OwnResultOut(CapabilityLineOut):
    """An institute's line with each indicator and the figures that it was computed from."""

    year = serializers.IntegerField(source="ranking.year")
    version = serializers.IntegerField(source="ranking.version")
    indicators = IndicatorOut(many=True, source="parts")
    figures = serializers.SerializerMethodField(help_text="By name; null where it was not answered.")

    def get_figures(self, line: Any) -> dict[str, int | None]:
        return own_inputs(line)


class WhatIfOut(serializers.Serializer):
    published = ScoreOut()
    with_these = ScoreOut()


def what_if_out(now: Any, then: Any) -> dict[str, Any]:
    return {"published": ScoreOut(now).data, "with_these": ScoreOut(then).data}
