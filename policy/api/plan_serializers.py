"""What goes in and out about plans."""

from rest_framework import serializers

from marketplace.core.serializers import StrictSerializer
from policy.models import Plan


class PlanRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.CharField(help_text="`annual` or `three_years`.")
    first_year = serializers.IntegerField()
    last_year = serializers.IntegerField()


class PlanTargetOut(serializers.Serializer):
    figure = serializers.CharField(help_text="Code of a figure.")
    year = serializers.IntegerField()
    unit = serializers.CharField(help_text="`bp`, `count`, `won` or `days`.")
    value = serializers.IntegerField()
    note = serializers.CharField(allow_blank=True)


class PlanProgressOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    state = serializers.CharField(help_text="`on_track`, `late`, `done` or `stopped`.")
    text = serializers.CharField()
    at = serializers.DateTimeField()


class PlanMeasureOut(serializers.Serializer):
    code = serializers.IntegerField(source="measure.code", help_text="The same in every version of the plan.")
    title = serializers.CharField(source="measure.title")
    text = serializers.CharField(source="measure.text", allow_blank=True)
    body = serializers.CharField(source="measure.body", help_text="The responsible body.")
    due_on = serializers.DateField(source="measure.due_on", allow_null=True)
    figure = serializers.CharField(source="measure.figure", allow_blank=True)
    progress = PlanProgressOut(source="entries", many=True, help_text="Newest first.")


class PlanOut(PlanRow):
    """`version` and what follows are those of the version that holds; None and empty where there is none."""

    version = serializers.IntegerField(allow_null=True)
    title = serializers.CharField(allow_blank=True)
    summary = serializers.CharField(allow_blank=True)
    published_at = serializers.DateTimeField(allow_null=True)
    targets = PlanTargetOut(many=True)
    measures = PlanMeasureOut(many=True)


class PlanProgressIn(StrictSerializer):
    code = serializers.IntegerField(min_value=1, max_value=10_000, help_text="Of the measure.")
    state = serializers.CharField(max_length=10, help_text="`on_track`, `late`, `done` or `stopped`.")
    text = serializers.CharField(max_length=1_000)


def plan_out(plan: Plan, version: object, found: list[object]) -> dict[str, object]:
    head = {name: getattr(version, name, None) for name in ("version", "published_at")}
    words = {name: getattr(version, name, "") for name in ("title", "summary")}
    targets = version.targets.all() if version else []  # type: ignore[attr-defined]
    rows = {"targets": PlanTargetOut(targets, many=True).data, "measures": PlanMeasureOut(found, many=True).data}
    return {**PlanRow(plan).data, **head, **words, **rows}
