"""What goes in and out about applications. `id` is the public id; days are days in Korea."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from brokers.enums.registration import (
    ApplicationState,
    CareerRoute,
    DocumentKind,
    Outcome,
    RegistrationKind,
    RequirementKey,
    RequirementUnit,
    TrainingSubject,
)
from brokers.models import Application
from brokers.models.registration import LONG_TEXT, SHORT_TEXT
from brokers.queries.registration import check_application, next_step, open_parts
from marketplace.core.files import DocumentType
from marketplace.core.serializers import DayField, StrictSerializer


class ApplicationRow(serializers.Serializer):
    """A row of a list."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=RegistrationKind.choices)
    number = serializers.CharField(help_text="Receipt number; empty for a draft.")
    state = serializers.ChoiceField(choices=ApplicationState.choices)
    organization = serializers.UUIDField(
        source="organization.public_id", allow_null=True, default=None, help_text="Of an agency; null for a trader."
    )
    applied_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class CareerOut(serializers.Serializer):
    employer = serializers.CharField()
    position = serializers.CharField()
    from_on = serializers.DateField(allow_null=True)
    to_on = serializers.DateField(allow_null=True, help_text="Null: it goes on.")


class TrainingOut(serializers.Serializer):
    subject = serializers.ChoiceField(choices=TrainingSubject.choices, allow_blank=True)
    provider = serializers.CharField()
    hours = serializers.IntegerField(allow_null=True)
    finished_on = serializers.DateField(allow_null=True)


class ApplicationDocumentOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    name = serializers.CharField()
    type = serializers.ChoiceField(choices=DocumentType.choices)
    size = serializers.IntegerField(help_text="Bytes.")
    checksum = serializers.CharField(help_text="SHA-256 of the content, in hex.")
    sent_at = serializers.DateTimeField()


class FindingOut(serializers.Serializer):
    key = serializers.ChoiceField(choices=RequirementKey.choices)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    text = serializers.CharField(help_text="Why, and what to do, in the language of the request.")
    law = serializers.SerializerMethodField(help_text="The source.")
    have = serializers.IntegerField()
    least = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=RequirementUnit.choices)
    is_waived = serializers.BooleanField()

    def get_law(self, finding: Any) -> str:
        return gettext(finding.law)


class RequirementCheckOut(serializers.Serializer):
    version = serializers.IntegerField(source="version.version", allow_null=True, default=None)
    valid_from = serializers.DateField(source="version.valid_from", allow_null=True, default=None)
    newer_version = serializers.IntegerField(
        source="newer.version", allow_null=True, default=None, help_text="In force for new applications."
    )
    met = serializers.IntegerField()
    may_hand_in = serializers.SerializerMethodField(help_text="Whether nothing is missing that has to be there.")
    findings = FindingOut(many=True)

    def get_may_hand_in(self, check: Any) -> bool:
        return check.version is not None and not check.blocking


class NextStepOut(serializers.Serializer):
    on = serializers.ChoiceField(choices=["applicant", "office", "nobody"])
    text = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)


class ApplicationOut(ApplicationRow):
    revision = serializers.IntegerField()
    representative = serializers.CharField()
    speciality = serializers.CharField()
    network_url = serializers.CharField()
    network_text = serializers.CharField()
    career_route = serializers.ChoiceField(choices=CareerRoute.choices, allow_blank=True)
    declared_at = serializers.DateTimeField(allow_null=True)
    completion_text = serializers.CharField()
    completion_parts = serializers.DictField(child=serializers.CharField())
    open_parts = serializers.SerializerMethodField(help_text="What the applicant can change now.")
    next_step = serializers.SerializerMethodField()
    check = serializers.SerializerMethodField()
    career = serializers.SerializerMethodField()
    training = serializers.SerializerMethodField()
    documents = serializers.SerializerMethodField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_text = serializers.CharField()
    objected_at = serializers.DateTimeField(allow_null=True)
    objection_text = serializers.CharField()

    def get_open_parts(self, application: Application) -> list[str]:
        return sorted(open_parts(application))

    @extend_schema_field(NextStepOut)
    def get_next_step(self, application: Application) -> Any:
        return NextStepOut(next_step(application, day=timezone.localdate())).data

    @extend_schema_field(RequirementCheckOut)
    def get_check(self, application: Application) -> Any:
        return RequirementCheckOut(check_application(application, day=timezone.localdate())).data

    @extend_schema_field(CareerOut(many=True))
    def get_career(self, application: Application) -> Any:
        return CareerOut(application.career.order_by("from_on", "pk"), many=True).data

    @extend_schema_field(TrainingOut(many=True))
    def get_training(self, application: Application) -> Any:
        return TrainingOut(application.training.order_by("finished_on", "pk"), many=True).data

    @extend_schema_field(ApplicationDocumentOut(many=True))
    def get_documents(self, application: Application) -> Any:
        return ApplicationDocumentOut(application.documents.order_by("kind", "sent_at", "pk"), many=True).data


class ApplicationStartIn(StrictSerializer):
    kind = serializers.ChoiceField(
        choices=RegistrationKind.choices, help_text="For an agency, `X-Organization` says which corporation."
    )


class CareerIn(StrictSerializer):
    employer = serializers.CharField(max_length=200, allow_blank=True, default="")
    position = serializers.CharField(max_length=200, allow_blank=True, default="")
    from_on = DayField(allow_null=True, default=None)
    to_on = DayField(allow_null=True, default=None)


class TrainingIn(StrictSerializer):
    subject = serializers.ChoiceField(choices=TrainingSubject.choices, allow_blank=True, default="")
    provider = serializers.CharField(max_length=200, allow_blank=True, default="")
    hours = serializers.IntegerField(min_value=1, max_value=1_000, allow_null=True, default=None)
    finished_on = DayField(allow_null=True, default=None)


class ApplicationPatchIn(StrictSerializer):
    """What is left out stays. `career` and `training` replace what is there; at most 30 rows each."""

    revision = serializers.IntegerField(min_value=1, help_text="That of the application you read.")
    representative = serializers.CharField(max_length=80, allow_blank=True, required=False)
    speciality = serializers.CharField(max_length=300, allow_blank=True, required=False)
    network_url = serializers.URLField(max_length=200, allow_blank=True, required=False)
    network_text = serializers.CharField(max_length=SHORT_TEXT, allow_blank=True, required=False)
    career_route = serializers.ChoiceField(choices=CareerRoute.choices, allow_blank=True, required=False)
    career = CareerIn(many=True, required=False)
    training = TrainingIn(many=True, required=False)


class ApplicationDocumentIn(StrictSerializer):
    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    document = serializers.FileField(
        allow_empty_file=True, help_text="PDF, PNG, JPEG, HWP, HWPX or DOCX, at most 20 MB."
    )


class HandInIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=1)
    declared = serializers.BooleanField(help_text="That everything is true and complete.")


class ApplicationRevisionIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=1)


class ObjectionIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT)
