"""What officers send and read about applications, and versions of the requirements for everybody."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from brokers.api.fee_serializers import FeePartyOut
from brokers.api.registration_serializers import ApplicationDocumentOut, CareerOut, FindingOut, TrainingOut
from brokers.enums.office import MOST_MEMBERS, Act, Recommendation, StepKind
from brokers.enums.registration import (
    ApplicationState,
    CareerRoute,
    RegistrationKind,
    RequirementKey,
    RequirementUnit,
    VersionState,
)
from brokers.models import Application, RequirementVersion
from brokers.models.registration import LONG_TEXT, SHORT_TEXT
from brokers.queries.office_acts import acts_of
from brokers.queries.office_check import check_of
from brokers.services.office.check_documents import WHOSE_LENGTH
from brokers.services.office.register import CONDITIONS_LENGTH
from marketplace.core.serializers import DayField, StrictSerializer


class OfficeApplicationRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="A or T, year, six digits.")
    kind = serializers.ChoiceField(choices=RegistrationKind.choices)
    state = serializers.ChoiceField(choices=ApplicationState.choices)
    organization = FeePartyOut(allow_null=True, help_text="The corporation; null for traders.")
    applicant = serializers.CharField(source="applicant.name", help_text="The person.")
    applied_at = serializers.DateTimeField()
    waits_since = serializers.DateTimeField(help_text="When it came into its state.")
    taken_up_by = serializers.CharField(
        source="taken_by_name", allow_null=True, help_text="The officer who checks it; null where nobody has."
    )
    completion_due_on = serializers.DateField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class OfficeStepOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=StepKind.choices)
    at = serializers.DateTimeField()
    by = serializers.CharField(source="by.name", allow_null=True, default=None)
    text = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True, help_text="For officers only.")
    details = serializers.JSONField(
        source="data", help_text="What the kind adds: parts, days, votes, the line of the gazette."
    )


class OfficeActOut(serializers.Serializer):
    act = serializers.ChoiceField(choices=Act.choices)
    why_not = serializers.CharField(allow_blank=True, help_text="Empty where nothing keeps you from it.")


class OfficeApplicationOut(OfficeApplicationRow):
    """`context`: user, today."""

    requirements = serializers.UUIDField(source="requirements.public_id", help_text="The version it is judged by.")
    representative = serializers.CharField(allow_blank=True)
    speciality = serializers.CharField(allow_blank=True)
    network_url = serializers.CharField(allow_blank=True)
    network_text = serializers.CharField(allow_blank=True)
    career_route = serializers.ChoiceField(choices=CareerRoute.choices, allow_blank=True)
    career = CareerOut(many=True)
    training = TrainingOut(many=True)
    documents = ApplicationDocumentOut(many=True)
    decision_text = serializers.CharField(allow_blank=True)
    objection_text = serializers.CharField(allow_blank=True)
    objected_at = serializers.DateTimeField(allow_null=True)
    registration_number = serializers.SerializerMethodField(help_text="Null unless it is registered.")
    check = serializers.SerializerMethodField(help_text="What the check says today, requirement by requirement.")
    steps = serializers.SerializerMethodField(help_text="What happened, the oldest first.")
    acts = serializers.SerializerMethodField(help_text="What may be done now, and what stands in the way.")

    def get_registration_number(self, application: Application) -> str | None:
        made = getattr(application, "registration", None)
        return made.number if made else None

    @extend_schema_field(FindingOut(many=True))
    def get_check(self, application: Application) -> Any:
        return FindingOut(check_of(application, self.context["today"]), many=True).data

    @extend_schema_field(OfficeStepOut(many=True))
    def get_steps(self, application: Application) -> Any:
        return OfficeStepOut(application.steps.for_list(), many=True).data

    @extend_schema_field(OfficeActOut(many=True))
    def get_acts(self, application: Application) -> Any:
        possible = acts_of(application, self.context["user"], self.context["today"])
        return OfficeActOut(possible, many=True).data


def _text(most: int = LONG_TEXT, **also: Any) -> serializers.CharField:
    return serializers.CharField(max_length=most, **also)


def _optional(most: int = LONG_TEXT, **also: Any) -> serializers.CharField:
    return serializers.CharField(max_length=most, required=False, allow_blank=True, **also)


def _note() -> serializers.CharField:
    return _optional(help_text="For officers only.")


class OfficeCompletionIn(StrictSerializer):
    parts = serializers.DictField(
        child=serializers.CharField(max_length=SHORT_TEXT), help_text="Requirement, or `other`: what is missing of it."
    )
    text = _optional(help_text="About all of it.")
    due_on = DayField(required=False, help_text="Without it in 14 days.")
    note = _note()


class OfficePassIn(StrictSerializer):
    whose = _optional(WHOSE_LENGTH, help_text="Who is asked for advice; empty where nobody is.")
    text = _text(help_text="What is asked, or why nobody is.")
    note = _note()


class OfficeAdviceIn(StrictSerializer):
    whose = _text(WHOSE_LENGTH)
    given_on = DayField()
    text = _text()
    note = _note()


class OfficeCommitteeIn(StrictSerializer):
    session_on = DayField()
    text = _optional()


class OfficeSessionIn(StrictSerializer):
    held_on = DayField()
    members = serializers.IntegerField(min_value=1, max_value=MOST_MEMBERS)
    votes_for = serializers.IntegerField(min_value=0, max_value=MOST_MEMBERS)
    votes_against = serializers.IntegerField(min_value=0, max_value=MOST_MEMBERS)
    recommendation = serializers.ChoiceField(choices=Recommendation.choices)
    text = _text()
    note = _note()


class OfficeTrainingIn(StrictSerializer):
    text = _text()


class OfficeRegisterIn(StrictSerializer):
    conditions = _optional(CONDITIONS_LENGTH, help_text="Public.")
    accepted = serializers.DictField(
        child=serializers.CharField(max_length=SHORT_TEXT), required=False,
        help_text="Of each requirement that is unclear: why it counts as met.",
    )  # fmt: skip


class OfficeRefuseIn(StrictSerializer):
    text = _text(help_text="The applicant reads it.")
    note = _note()


class OfficeObjectionIn(StrictSerializer):
    uphold = serializers.BooleanField()
    text = _text(help_text="The applicant reads it.")
    note = _note()


# --- requirements -----------------------------------------------------------------------------------------------------


class RequirementOut(serializers.Serializer):
    key = serializers.ChoiceField(choices=RequirementKey.choices)
    route = serializers.ChoiceField(choices=CareerRoute.choices, allow_blank=True, help_text="Of a career.")
    least = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=RequirementUnit.choices)
    law = serializers.CharField()
    is_waived = serializers.BooleanField(help_text="Named, and not asked for.")


class RequirementVersionOut(serializers.Serializer):
    """`context`: in_force, the pk of each kind's version in force."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=RegistrationKind.choices)
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=VersionState.choices)
    valid_from = serializers.DateField()
    is_in_force = serializers.SerializerMethodField()
    is_assumption = serializers.BooleanField(help_text="Some of it stands in no source; `source` says what.")
    source = serializers.CharField()  # type: ignore[assignment]  # hides an argument of fields
    published_at = serializers.DateTimeField(allow_null=True)
    requirements = serializers.SerializerMethodField()

    def get_is_in_force(self, version: RequirementVersion) -> bool:
        return version.pk in self.context.get("in_force", ())

    @extend_schema_field(RequirementOut(many=True))
    def get_requirements(self, version: RequirementVersion) -> Any:
        rows = sorted(version.requirements.all(), key=lambda row: (row.position, row.pk))
        return RequirementOut(rows, many=True).data
