"""What goes in and out. `id` is the public id, money whole won, days are days in Korea, shares basis points."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.enums import OrganizationKind
from accounts.models import Organization
from marketplace.core.serializers import DayField, StrictSerializer
from obligations.enums import ResultKind
from obligations.forms import MOST_INVENTORS
from obligations.models import ResearchResult, RnDProject
from obligations.models.research import BASIS_POINTS
from obligations.services.projects import ProjectData
from obligations.services.results import ResultData

MOST_WON = 10**15


class InstituteOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()


class InstituteField(serializers.UUIDField):
    """An institute by its id."""

    def to_internal_value(self, data: Any) -> Any:
        public_id = super().to_internal_value(data)
        found = Organization.objects.filter(kind=OrganizationKind.INSTITUTE, public_id=public_id).first()
        if found is None:
            raise serializers.ValidationError(_("There is no institute with this id."), "unknown")
        return found


class ProjectRow(serializers.Serializer):
    """A project in a list."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    title = serializers.CharField()
    ministry = serializers.CharField()
    programme = serializers.CharField()
    lead = InstituteOut()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    completed_on = serializers.DateField(allow_null=True)
    revision = serializers.IntegerField()


class ProjectOut(ProjectRow):
    partners = InstituteOut(many=True)
    investigator_name = serializers.CharField()
    investigator_email = serializers.CharField()
    report_submitted_on = serializers.DateField(allow_null=True)
    report_published_on = serializers.DateField(allow_null=True)
    government_won = serializers.IntegerField()
    total_won = serializers.IntegerField()


def _text(most: int, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=most, **options)


class ProjectIn(StrictSerializer):
    number = _text(60)
    title = _text(500)
    ministry = _text(100)
    programme = _text(200, required=False, allow_blank=True)
    lead = InstituteField(required=False, help_text="Else the organization that the request acts for")
    partners = serializers.ListField(child=InstituteField(), required=False, max_length=100)
    investigator_name = _text(80, required=False, allow_blank=True)
    investigator_email = serializers.EmailField(required=False, allow_blank=True)
    starts_on = DayField()
    ends_on = DayField()
    completed_on = DayField(required=False, allow_null=True)
    report_submitted_on = DayField(required=False, allow_null=True)
    report_published_on = DayField(required=False, allow_null=True)
    government_won = serializers.IntegerField(required=False, min_value=0, max_value=MOST_WON)
    total_won = serializers.IntegerField(required=False, min_value=0, max_value=MOST_WON)
    is_security = serializers.BooleanField(required=False)
    confirm_security = serializers.BooleanField(
        default=False,
        help_text="Say yes with is_security: nobody sees the project or its results any more, you neither, and what "
        "is public of it is withdrawn",
    )

    def content(self, **also: Any) -> ProjectData:
        given = {name: value for name, value in self.validated_data.items() if name in ProjectData.__dataclass_fields__}
        return ProjectData(**{**also, **given})


class ProjectPatchIn(ProjectIn):
    revision = serializers.IntegerField(help_text="The revision you saw; 409 where somebody changed it since")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.required = name == "revision"

    def changed(self, project: RnDProject) -> ProjectData:
        names = ProjectData.__dataclass_fields__
        stored = {name: getattr(project, name) for name in names if name != "partners"}
        return self.content(**stored, partners=list(project.partners.all()))


class InventorField(StrictSerializer):
    name = _text(80)
    email = serializers.EmailField(required=False, allow_blank=True, default="")


class ResultOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    project = serializers.UUIDField(source="project.public_id")
    project_number = serializers.CharField(source="project.number")
    kind = serializers.ChoiceField(choices=ResultKind.choices)
    title = serializers.CharField()
    number = serializers.CharField()
    owner = InstituteOut()
    inventors = InventorField(many=True)
    contribution_bp = serializers.IntegerField()
    is_expected = serializers.BooleanField()
    completed_on = serializers.DateField(allow_null=True)
    revision = serializers.IntegerField()


class ResultIn(StrictSerializer):
    kind = serializers.ChoiceField(choices=ResultKind.choices)
    title = _text(500)
    number = _text(40, required=False, allow_blank=True, help_text="Of a patent the 13 digits of its application")
    owner = InstituteField(required=False, help_text="Who owes it; else the organization that the request acts for")
    inventors = InventorField(many=True, required=False, max_length=MOST_INVENTORS)  # type: ignore[call-arg]
    contribution_bp = serializers.IntegerField(required=False, min_value=1, max_value=BASIS_POINTS)
    is_expected = serializers.BooleanField(required=False)
    completed_on = DayField(required=False, allow_null=True)

    def content(self, **also: Any) -> ResultData:
        given = {name: value for name, value in self.validated_data.items() if name in ResultData.__dataclass_fields__}
        if "inventors" in given:
            given["inventors"] = [(each["name"], each["email"]) for each in given["inventors"]]
        return ResultData(**{**also, **given})


class ResultPatchIn(ResultIn):
    revision = serializers.IntegerField(help_text="The revision you saw; 409 where somebody changed it since")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.required = name == "revision"

    def changed(self, result: ResearchResult) -> ResultData:
        stored = {name: getattr(result, name) for name in ResultData.__dataclass_fields__}
        stored["inventors"] = [(each["name"], each["email"]) for each in result.inventors]
        return self.content(**stored)


class MergeIn(StrictSerializer):
    into = serializers.UUIDField(help_text="The result that stays")
