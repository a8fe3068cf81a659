"""What goes out about figures. Whole numbers in the unit of the figure: basis points, won, number, days. Null is: not
known, or withheld from this reader (`is_hidden`, `withheld`)."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from policy.enums.figures import Kind, Openness, Theme, Unit, Withheld
from policy.wording.figures import in_words


class FigurePartOut(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.ChoiceField(choices=Unit.choices)
    openness = serializers.ChoiceField(choices=Openness.choices)


class FigureOut(serializers.Serializer):
    """What a figure is."""

    code = serializers.CharField()
    name = serializers.CharField()
    definition = serializers.CharField()
    theme = serializers.ChoiceField(choices=Theme.choices)
    kind = serializers.ChoiceField(choices=Kind.choices)
    unit = serializers.ChoiceField(choices=Unit.choices)
    version = serializers.IntegerField(help_text="Of the definition.")
    owner = serializers.CharField()
    is_yearly = serializers.BooleanField()
    is_public = serializers.BooleanField()
    needs_answers = serializers.BooleanField(help_text="Only as good as the yearly survey is complete.")
    parts = FigurePartOut(many=True)


class PartValueOut(serializers.Serializer):
    key = serializers.CharField()
    rows = serializers.IntegerField()
    total = serializers.IntegerField()


class TellsValue(serializers.Serializer):
    """A value as the reader is told it: `instance` is a pair of the stored value and what is told of it."""

    year = serializers.SerializerMethodField(help_text="Null where it tells how things stand.")
    value = serializers.SerializerMethodField()
    is_hidden = serializers.SerializerMethodField()
    withheld = serializers.SerializerMethodField(help_text="Why nothing is told, null where it is.")
    parts = serializers.SerializerMethodField()
    definition = serializers.IntegerField(source="row.definition")
    answered = serializers.IntegerField(source="row.answered", help_text="Institutes that answered the survey.")
    expected = serializers.IntegerField(source="row.expected")

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_year(self, pair: Any) -> int | None:
        return pair.row.year or None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_value(self, pair: Any) -> int | None:
        value: int | None = pair.shown.value
        return value

    @extend_schema_field(serializers.BooleanField())
    def get_is_hidden(self, pair: Any) -> bool:
        return bool(pair.shown.is_hidden)

    @extend_schema_field(serializers.ChoiceField(choices=Withheld.choices, allow_null=True))
    def get_withheld(self, pair: Any) -> str | None:
        return str(pair.shown.withheld) if pair.shown.withheld else None

    @extend_schema_field(PartValueOut(many=True))
    def get_parts(self, pair: Any) -> list[dict[str, Any]]:
        return [{"key": key, "rows": t.rows, "total": t.total} for key, t in pair.shown.tallies.items()]


class LiveValueOut(TellsValue):
    computed_at = serializers.DateTimeField(source="row.computed_at")


class FrozenValueOut(TellsValue):
    id = serializers.UUIDField(source="row.public_id")
    month = serializers.SerializerMethodField()
    version = serializers.IntegerField(source="row.version", help_text="2 and later are corrections.")
    is_corrected = serializers.BooleanField(
        source="row.is_corrected",
        help_text="A later version of the month is there; where that one is withheld, this one is still told.",
    )
    reason = serializers.CharField(source="row.reason")
    frozen_at = serializers.DateTimeField(source="row.frozen_at")
    row_count = serializers.SerializerMethodField()
    rows_hash = serializers.SerializerMethodField(
        help_text="SHA-256 of the rows it was made of; for officers only where not everybody sees the rows."
    )

    def get_month(self, pair: Any) -> str:
        return f"{pair.row.month:%Y-%m}"

    # Of few rows the number tells what is hidden, and so does the hash to whoever knows all but one and tries it out.
    def get_row_count(self, pair: Any) -> int | None:
        return None if pair.shown.is_hidden else pair.row.row_count

    def get_rows_hash(self, pair: Any) -> str | None:
        return None if pair.shown.is_hidden or not pair.has_hash else pair.row.rows_hash


class PublishedValueOut(serializers.Serializer):
    """A year of the national series. `value` null is a gap: nothing was found."""

    year = serializers.IntegerField()
    value = serializers.IntegerField(allow_null=True)
    is_approximate = serializers.BooleanField()
    source = serializers.SerializerMethodField()  # type: ignore[assignment]  # a field of that name hides an attribute
    note = serializers.SerializerMethodField()

    def get_source(self, row: Any) -> str:
        return in_words(row.source)

    def get_note(self, row: Any) -> str:
        return in_words(row.note)


class FigureTargetOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    year = serializers.IntegerField()
    value = serializers.IntegerField()
    version = serializers.IntegerField()
    is_assumption = serializers.BooleanField()
    source = serializers.SerializerMethodField()  # type: ignore[assignment]  # a field of that name hides an attribute
    set_at = serializers.DateTimeField()

    def get_source(self, row: Any) -> str:
        return in_words(row.source)


class FigureValuesOut(serializers.Serializer):
    """Live values by year, newest first, and what was published for the nation."""

    code = serializers.CharField()
    unit = serializers.ChoiceField(choices=Unit.choices)
    live = LiveValueOut(many=True)
    national = PublishedValueOut(many=True)


class RowInstituteOut(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class FigureRowOut(serializers.Serializer):
    id = serializers.UUIDField(allow_null=True, help_text="Null of a row of a frozen month.")
    label = serializers.CharField(help_text="The number of what is counted, or words.")  # type: ignore[assignment]
    institute = RowInstituteOut(allow_null=True)
    day = serializers.DateField()
    amount = serializers.IntegerField(help_text="In the unit of the part.")


class FigureRowsOut(serializers.Serializer):
    """A portion of the rows, newest first. `next_cursor` is null on the last one."""

    part = serializers.CharField()
    unit = serializers.ChoiceField(choices=Unit.choices)
    year = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateField()
    month = serializers.CharField(allow_null=True, help_text="The frozen month; null where rows are as recorded now.")
    version = serializers.IntegerField(allow_null=True, help_text="Of the frozen month.")
    is_partial = serializers.BooleanField(help_text="The number is made of more rows than you may see.")
    next_cursor = serializers.CharField(allow_null=True)
    results = FigureRowOut(many=True)
