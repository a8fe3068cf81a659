"""What goes in and out about the yearly survey. Money in whole won, people counted whole."""

from rest_framework import serializers

from marketplace.core.serializers import StrictSerializer
from policy.models.survey import REASON_LENGTH
from policy.scheme.survey import MOST


class SurveyYearOut(serializers.Serializer):
    year = serializers.IntegerField()
    due_on = serializers.DateField(help_text="Last day to answer, in Korea.")


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
    """An answer on its way. Figures may be missing while it is written."""

    id = serializers.UUIDField(source="public_id")
    institute = serializers.UUIDField(source="institute.public_id")
    institute_name = serializers.CharField(source="institute.name")
    year = serializers.IntegerField(source="round.year")
    version = serializers.IntegerField()
    state = serializers.CharField(help_text="`draft`, `submitted`, `returned` or `accepted`.")
    new_technologies = serializers.IntegerField(allow_null=True)
    research_expenditure_won = serializers.IntegerField(allow_null=True)
    office_staff = serializers.IntegerField(allow_null=True)
    reasons = serializers.DictField(child=serializers.CharField())
    correction_reason = serializers.CharField(allow_blank=True)
    decision_text = serializers.CharField(allow_blank=True, help_text="What has to be changed, where it was returned.")
    submitted_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField(help_text="Send it back with what you do.")


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
