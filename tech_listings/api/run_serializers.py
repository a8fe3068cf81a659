"""Imports as programs see them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.core.serializers import StrictSerializer
from tech_listings.enums import ImportTarget, RowAction, RunKind, RunState
from tech_listings.ingest.mapping import BadMapping, from_json
from tech_listings.ingest.tables import Format
from tech_listings.models import Run, RunRow
from tech_listings.services import ingest_apply, ingest_report


class RunRowOut(serializers.Serializer):
    """A run in a list."""

    id = serializers.UUIDField(source="public_id")
    source = serializers.CharField(source="source.name")  # type: ignore[assignment]
    target = serializers.ChoiceField(source="source.target", choices=ImportTarget.choices)
    state = serializers.ChoiceField(choices=RunState.choices)
    kind = serializers.ChoiceField(choices=RunKind.choices)
    file_name = serializers.CharField()
    rows_read = serializers.IntegerField()
    added = serializers.IntegerField()
    drafts = serializers.IntegerField(help_text="Of those added: without a summary, so not published")
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="Totals and technologies that were discarded here")
    withdrawn = serializers.IntegerField()
    secret = serializers.IntegerField(help_text="Rows that put a project out of everybody's sight")
    created_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)


class RunColumnOut(serializers.Serializer):
    name = serializers.CharField()
    samples = serializers.ListField(child=serializers.CharField())


class RunFailureOut(serializers.Serializer):
    code = serializers.CharField()
    why = serializers.CharField()
    what_to_do = serializers.CharField()


class RunOut(RunRowOut):
    """A run in full. `done` counts the rows applied so far, of `to_do`."""

    format = serializers.CharField()
    encoding = serializers.CharField()
    columns = RunColumnOut(many=True)
    mapping = serializers.DictField(child=serializers.CharField(), help_text="Field: column")
    to_do = serializers.IntegerField()
    done = serializers.SerializerMethodField()
    failure = serializers.SerializerMethodField()

    def get_done(self, run: Run) -> int:
        return ingest_apply.rows_done(run)

    @extend_schema_field(RunFailureOut(allow_null=True))
    def get_failure(self, run: Run) -> dict[str, str] | None:
        found = ingest_report.failure_of(run)
        return {"code": run.problem_code, "why": found[0], "what_to_do": found[1]} if found else None


class MappingField(serializers.JSONField):
    """Field to column, as JSON. Which fields and columns there are is checked with the file."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        try:
            return dict(from_json(super().to_internal_value(data)).columns)
        except BadMapping as bad:
            raise serializers.ValidationError(str(bad)) from None
        except RecursionError:
            self.fail("invalid")


class RunIn(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True)
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=120, help_text="Name of the source; made if there is none"
    )
    target = serializers.ChoiceField(
        choices=ImportTarget.choices, default=ImportTarget.LISTINGS, help_text="What the file holds"
    )
    kind = serializers.ChoiceField(choices=RunKind.choices, default=RunKind.ADDITIONS)
    format = serializers.ChoiceField(choices=[f.value for f in Format], required=False, help_text="Else recognised")
    mapping = MappingField(required=False, help_text='{"title": "발명의명칭", …}; else guessed')
    again = serializers.BooleanField(default=False, help_text="Compare even if this very file was applied before")


class MappingIn(StrictSerializer):
    mapping = serializers.DictField(child=serializers.CharField())

    def validate_mapping(self, value: dict[str, Any]) -> dict[str, str]:
        try:
            return dict(from_json(value).columns)
        except BadMapping as bad:
            raise serializers.ValidationError(str(bad)) from None


class ApplyIn(StrictSerializer):
    confirm_withdrawals = serializers.BooleanField(
        default=False,
        help_text="Yes, more than a tenth of the source may go, or projects out of everybody's sight",
    )


class RowProblemOut(serializers.Serializer):
    field = serializers.CharField()
    value = serializers.CharField()
    code = serializers.CharField()
    why = serializers.CharField()
    what_to_do = serializers.CharField(source="remedy")
    warning = serializers.BooleanField()


class FieldChangeOut(serializers.Serializer):
    field = serializers.CharField()
    old = serializers.CharField()
    new = serializers.CharField()


class PlannedRowOut(serializers.Serializer):
    """A row of the file that is not simply unchanged."""

    row = serializers.IntegerField(help_text="As a spreadsheet counts; 0 for what the file no longer has")
    action = serializers.ChoiceField(choices=RowAction.choices)
    number = serializers.CharField(source="key_text")
    title = serializers.CharField()
    problems = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    @extend_schema_field(RowProblemOut(many=True))
    def get_problems(self, row: RunRow) -> Any:
        return RowProblemOut(ingest_report.problems_of(row), many=True).data

    @extend_schema_field(FieldChangeOut(many=True))
    def get_changes(self, row: RunRow) -> list[dict[str, str]]:
        return [{"field": name, "old": old, "new": new} for name, old, new in row.changes or ()]
