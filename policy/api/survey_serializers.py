"""What goes in and out about the yearly survey. Money in whole won, people counted whole."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from policy.enums.figures import FIRST_YEAR, LAST_YEAR
from policy.models import SurveyRound
from policy.models.survey import REASON_LENGTH
from policy.queries.survey import as_read_by
from policy.scheme.survey import MOST, Bound, bounds_as_json, bounds_from_json
from policy.services.survey.rounds import MOST_LEAST, MOST_SHARE_BP


class SurveyBoundOut(serializers.Serializer):
    """A change of more than both is large and needs a reason."""

    share_bp = serializers.IntegerField(help_text="Of last year’s figure, in basis points.")
    least = serializers.IntegerField()


class SurveyYearOut(serializers.Serializer):
    year = serializers.IntegerField()
    due_on = serializers.DateField(help_text="Last day to answer, in Korea.")
    revision = serializers.IntegerField(help_text="Send it back with what you change.")
    bounds = serializers.SerializerMethodField(help_text="By figure: which change is large.")

    @extend_schema_field(serializers.DictField(child=SurveyBoundOut()))
    def get_bounds(self, round: SurveyRound) -> dict[str, dict[str, int]]:
        return bounds_as_json(round.limits)


class SurveyBoundIn(StrictSerializer):
    share_bp = serializers.IntegerField(min_value=0, max_value=MOST_SHARE_BP)
    least = serializers.IntegerField(min_value=0, max_value=MOST_LEAST)


class SurveyBoundsIn(StrictSerializer):
    """Which change of a figure is large; one that is left out keeps the usual bound."""

    new_technologies = SurveyBoundIn(required=False)
    research_expenditure_won = SurveyBoundIn(required=False)
    office_staff = SurveyBoundIn(required=False)


class SurveyRoundIn(StrictSerializer):
    due_on = DayField(help_text="Last day to answer, in Korea, after the end of the year.")
    bounds = SurveyBoundsIn(required=False)

    @staticmethod
    def limits(given: dict[str, Any]) -> dict[str, Bound]:
        return bounds_from_json(given.get("bounds") or {})


class SurveyYearIn(SurveyRoundIn):
    year = serializers.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR, help_text="A year that has ended.")


class SurveyRoundChangeIn(SurveyRoundIn):
    revision = serializers.IntegerField(min_value=0, max_value=10**6)


class SurveyAnswerOut(serializers.Serializer):
    """What an officer accepted of an institute for a year."""

    id = serializers.UUIDField(source="public_id")
    institute = serializers.UUIDField(source="institute.public_id")
    institute_name = serializers.CharField(source="institute.name")
    year = serializers.IntegerField()
    version = serializers.IntegerField()
    new_technologies = serializers.IntegerField()
    research_expenditure_won = serializers.IntegerField()
    office_staff = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True, help_text="Why it was corrected.")
    answered_at = serializers.DateTimeField()
    replaced_at = serializers.DateTimeField(allow_null=True, help_text="None for the one that holds.")


class SurveySheetOut(serializers.Serializer):
    """An answer on its way. Figures may be missing while it is written. While one that was returned is being changed,
    officers read the figures that were sent last."""

    id = serializers.UUIDField(source="public_id")
    institute = serializers.UUIDField(source="institute.public_id")
    institute_name = serializers.CharField(source="institute.name")
    year = serializers.IntegerField(source="round.year")
    version = serializers.IntegerField()
    state = serializers.CharField(help_text="`draft`, `submitted`, `returned`, `accepted` or `withdrawn`.")
    new_technologies = serializers.IntegerField(allow_null=True)
    research_expenditure_won = serializers.IntegerField(allow_null=True)
    office_staff = serializers.IntegerField(allow_null=True)
    reasons = serializers.DictField(child=serializers.CharField())
    correction_reason = serializers.CharField(allow_blank=True)
    decision_text = serializers.CharField(allow_blank=True, help_text="What has to be changed, where it was returned.")
    submitted_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField(help_text="Send it back with what you do.")

    def to_representation(self, instance: Any) -> Any:
        return super().to_representation(as_read_by(self.context["request"].user, instance))


class SurveyReasonsIn(StrictSerializer):
    """A sentence for each figure that is far from last year's."""

    new_technologies = serializers.CharField(max_length=REASON_LENGTH, required=False, allow_blank=True)
    research_expenditure_won = serializers.CharField(max_length=REASON_LENGTH, required=False, allow_blank=True)
    office_staff = serializers.CharField(max_length=REASON_LENGTH, required=False, allow_blank=True)


class SurveySheetIn(StrictSerializer):
    """The figures of a year of your current institute; what is left out is not known yet."""

    year = serializers.IntegerField(min_value=2000, max_value=2100)
    new_technologies = serializers.IntegerField(
        min_value=0, max_value=MOST["new_technologies"], required=False, allow_null=True
    )
    research_expenditure_won = serializers.IntegerField(
        min_value=0, max_value=MOST["research_expenditure_won"], required=False, allow_null=True
    )
    office_staff = serializers.IntegerField(
        min_value=0, max_value=MOST["office_staff"], required=False, allow_null=True
    )
    reasons = SurveyReasonsIn(required=False)
    revision = serializers.IntegerField(
        min_value=0, max_value=10**6, help_text="The one you read; 0 where nothing was written yet."
    )


class SurveyCorrectIn(StrictSerializer):
    year = serializers.IntegerField(min_value=2000, max_value=2100)
    reason = serializers.CharField(max_length=REASON_LENGTH)


class SurveyRevisionIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=0, max_value=10**6)


class SurveyReturnIn(SurveyRevisionIn):
    text = serializers.CharField(max_length=REASON_LENGTH, help_text="What has to be changed.")


class SurveyPlaceOut(serializers.Serializer):
    """An institute in the list of a year."""

    institute = serializers.UUIDField(source="institute.public_id")
    institute_name = serializers.CharField(source="institute.name")
    standing = serializers.CharField(help_text="`missing`, `draft`, `submitted`, `returned` or `accepted`.")
    sheet = serializers.UUIDField(source="sheet.public_id", allow_null=True, default=None)
    has_answered = serializers.BooleanField()
