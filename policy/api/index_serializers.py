"""What goes in and out about the capability index. Scores are basis points of 10,000."""

from typing import Any

from rest_framework import serializers

from marketplace.core.serializers import StrictSerializer
from policy.models import IndexWeights
from policy.scheme.survey import MOST

MOST_WON = 10**15


class WeightsOut(serializers.Serializer):
    version = serializers.IntegerField()
    weights = serializers.SerializerMethodField(help_text="By indicator, in basis points that add up to 10,000.")
    bands = serializers.SerializerMethodField(help_text="Incentive on indirect cost by rank in the peer group.")
    least_complete_bp = serializers.SerializerMethodField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name hides an option
    is_assumption = serializers.BooleanField()
    published_at = serializers.DateTimeField()

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


class WhatIfOut(serializers.Serializer):
    published = ScoreOut()
    with_these = ScoreOut()


def what_if_out(now: Any, then: Any) -> dict[str, Any]:
    return {"published": ScoreOut(now).data, "with_these": ScoreOut(then).data}
