"""What goes in and out about a firm's applications. `id` is the public id; days are days in Korea, sums whole won."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from marketplace.core.files import DocumentType
from marketplace.core.serializers import DayField, StrictSerializer
from programmes.eligibility import in_readers_words
from programmes.enums.applications import ApplicationState, Independence, Part
from programmes.models import Application
from programmes.models.applications import SHORT_TEXT
from programmes.queries.sections import Sheet
from programmes.services.applications.save import LONGEST_TEXT, LONGEST_WHAT, MOST_ROWS, MOST_WON
from programmes.wording.applications import next_of


class ProgrammeApplicationRow(serializers.Serializer):
    """A row of a list."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(allow_null=True, help_text="Receipt number: PA, year, six digits. Null for a draft.")
    call = serializers.CharField(source="call.number")
    organization = serializers.UUIDField(source="organization.public_id")
    state = serializers.ChoiceField(choices=ApplicationState.choices)
    revision = serializers.IntegerField()
    government_won = serializers.IntegerField(allow_null=True)
    own_won = serializers.IntegerField(allow_null=True)
    begun_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    complete_by = serializers.DateField(allow_null=True)


class PlannedServiceOut(serializers.Serializer):
    key = serializers.CharField(source="service.key")
    what = serializers.CharField()
    supply_won = serializers.IntegerField(help_text="Price without VAT.")
    government_won = serializers.IntegerField(allow_null=True)
    own_won = serializers.IntegerField(allow_null=True)


class SectionOut(serializers.Serializer):
    part = serializers.ChoiceField(choices=Part.choices)
    standing = serializers.ChoiceField(choices=[("done", "done"), ("started", "started"), ("todo", "todo")])
    missing = serializers.ListField(child=serializers.CharField(), help_text="In the language of the request.")
    is_open = serializers.BooleanField(help_text="Whether it can be changed now.")
    asked = serializers.CharField(help_text="What the office wrote, while it is to be completed.")


class ConditionOut(serializers.Serializer):
    key = serializers.CharField()
    outcome = serializers.ChoiceField(choices=[("met", "met"), ("missing", "missing"), ("unclear", "unclear")])
    label = serializers.CharField()  # type: ignore[assignment]
    why = serializers.CharField()
    todo = serializers.CharField()


class ApplicationPaperOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    key = serializers.CharField(help_text="Which paper of the call.")
    name = serializers.CharField()
    type = serializers.ChoiceField(choices=DocumentType.choices)
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    sent_at = serializers.DateTimeField()


class NextOut(serializers.Serializer):
    text = serializers.CharField()
    on = serializers.CharField(help_text="`firm`, `office`, or empty.")
    due_on = serializers.DateField(allow_null=True)


class ProgrammeApplicationOut(ProgrammeApplicationRow):
    transfer = serializers.UUIDField(source="transfer.public_id", allow_null=True, default=None)
    texts = serializers.SerializerMethodField()
    declared = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField()
    services = serializers.SerializerMethodField()
    sections = serializers.SerializerMethodField()
    conditions = serializers.SerializerMethodField()
    papers = serializers.SerializerMethodField()
    next = serializers.SerializerMethodField()
    digest = serializers.CharField(help_text="SHA-256 of what was submitted; empty for a draft.")

    @property
    def sheet(self) -> Sheet:
        found: Sheet = self.context["sheet"]
        return found

    def get_texts(self, application: Application) -> dict[str, str]:
        return dict(application.plan.get("texts", {}))

    def get_standing(self, application: Application) -> dict[str, Any]:
        """What the firm says of its size: `independence`, `outgrew_on`, `had_grace`."""
        return dict(application.plan.get("standing", {}))

    def get_declared(self, application: Application) -> list[str]:
        return list(application.plan.get("declared", []))

    def get_services(self, application: Application) -> PlannedServiceOut(many=True):  # type: ignore[valid-type]
        return PlannedServiceOut(self.sheet.sums.lines, many=True).data

    def get_sections(self, application: Application) -> SectionOut(many=True):  # type: ignore[valid-type]
        return SectionOut(self.sheet.sections, many=True).data

    def get_conditions(self, application: Application) -> ConditionOut(many=True):  # type: ignore[valid-type]
        """Of what was submitted as it was judged then."""
        found: Any = self.sheet.findings
        if application.number:
            found = [in_readers_words(each) for each in application.checked]
        return ConditionOut(found, many=True).data

    def get_papers(self, application: Application) -> ApplicationPaperOut(many=True):  # type: ignore[valid-type]
        return ApplicationPaperOut(self.sheet.documents.values(), many=True).data

    def get_next(self, application: Application) -> NextOut:
        return NextOut(next_of(application, timezone.now())).data  # type: ignore[return-value]


class ProgrammeApplicationBeginIn(StrictSerializer):
    call = serializers.CharField(max_length=12, help_text="Number of the call.")
    filled_from = serializers.UUIDField(required=False, help_text="An earlier application of the firm.")


class PlannedServiceIn(StrictSerializer):
    key = serializers.CharField(max_length=40)
    what = serializers.CharField(max_length=LONGEST_WHAT, allow_blank=True, default="")
    supply_won = serializers.IntegerField(min_value=0, max_value=MOST_WON)


class PlanTextsIn(StrictSerializer):
    product = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    market = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    schedule = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)


class FirmStandingIn(StrictSerializer):
    independence = serializers.ChoiceField(choices=Independence.choices, allow_blank=True)
    outgrew_on = DayField(required=False, allow_null=True, help_text="End of the first year in which it was no SME.")
    had_grace = serializers.BooleanField(default=False)


class ProgrammeApplicationPatchIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=1, help_text="The one you read.")
    transfer = serializers.UUIDField(required=False, allow_null=True)
    services = PlannedServiceIn(many=True, required=False, max_length=MOST_ROWS)  # type: ignore[call-arg]
    texts = PlanTextsIn(required=False)
    declared = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=50)
    standing = FirmStandingIn(required=False, help_text="Where the call asks for the size of the firm.")


class ApplicationPaperIn(StrictSerializer):
    key = serializers.CharField(max_length=40)
    document = serializers.FileField(allow_empty_file=True)


class ProgrammeSubmitIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=1)
    declared = serializers.BooleanField(help_text="That everything is true and complete.")


class ProgrammeWithdrawIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=1)
    confirmed = serializers.BooleanField()
    text = serializers.CharField(max_length=SHORT_TEXT, allow_blank=True, default="")
