"""What goes in and out of calls that officers write. A section has the fields and tables of its form on the pages.

Money is whole won, rates are basis points, moments have a zone, codes are lists; `key` is one that the draft has.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from marketplace.core.days import FIRST_PLAUSIBLE, LAST_PLAUSIBLE
from marketplace.core.fields import PercentField, WonField
from marketplace.core.money import BASIS_POINTS
from marketplace.core.serializers import StrictSerializer
from programmes.api.call_views import CallRow
from programmes.enums.calls import SchemeKind, VersionState
from programmes.forms.call_sections import SECTIONS, Section, Table
from programmes.forms.calls import MOST_ROWS, BeginForm, Rows, SectionForm
from programmes.models import CallVersion
from programmes.models.calls import REASON_LENGTH, TITLE_LENGTH
from programmes.services.calls.write import MOST_BUDGET_WON

MOST_CODES = 100


class MomentField(serializers.DateTimeField):
    """A moment that a person may have meant, as `DayField` is of days."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        noon, zone = datetime.min.time().replace(hour=12), timezone.get_default_timezone()
        first, last = (datetime.combine(day, noon, zone) for day in (FIRST_PLAUSIBLE, LAST_PLAUSIBLE))
        self.validators = [*self.validators, MinValueValidator(first), MaxValueValidator(last)]


# --- what is begun, and what is seen of it ----------------------------------------------------------------------------


class CallBeginIn(StrictSerializer):
    office = serializers.UUIDField(
        required=False, help_text="One of yours; else the one that X-Organization names, else your first by name."
    )
    copy_of = serializers.CharField(
        required=False, max_length=12,
        help_text="Number of a call to begin with: what it says, and its kind, titles and budget if you send none.",
    )  # fmt: skip
    kind = serializers.ChoiceField(choices=SchemeKind.choices, required=False)
    title_ko = serializers.CharField(max_length=TITLE_LENGTH, required=False)
    title_en = serializers.CharField(max_length=TITLE_LENGTH, required=False, allow_blank=True)
    title_zh = serializers.CharField(max_length=TITLE_LENGTH, required=False, allow_blank=True)
    budget_won = serializers.IntegerField(min_value=1, max_value=MOST_BUDGET_WON, required=False)
    opens_at = MomentField()
    closes_at = MomentField()
    is_rehearsal = serializers.BooleanField(default=False)


class CallPublishIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="Of the draft that you read.")


class CallCancelIn(StrictSerializer):
    reason = serializers.CharField(max_length=REASON_LENGTH, help_text="Everybody can read it.")


class OfficeCallRow(CallRow):
    is_rehearsal = serializers.BooleanField()


class CallVersionRow(serializers.Serializer):
    serial = serializers.IntegerField()
    state = serializers.ChoiceField(choices=VersionState.choices)
    why = serializers.CharField(allow_blank=True)
    written_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)


class CallProblemOut(serializers.Serializer):
    section = serializers.CharField()
    text = serializers.CharField()


class CallDraftOut(serializers.Serializer):
    serial = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="Say it when you write a section, or publish.")
    title_ko = serializers.CharField(source="terms.title_ko")
    title_en = serializers.CharField(source="terms.title_en", allow_blank=True)
    title_zh = serializers.CharField(source="terms.title_zh", allow_blank=True)
    budget_won = serializers.IntegerField(source="terms.budget_won")
    opens_at = serializers.DateTimeField(source="terms.opens_at")
    closes_at = serializers.DateTimeField(source="terms.closes_at")
    why = serializers.CharField(allow_blank=True)
    scheme = serializers.JSONField(source="content", help_text="As of a call that is published.")
    wrote_it = serializers.BooleanField(help_text="Whether you did: then another officer publishes it.")
    missing = CallProblemOut(many=True, help_text="What stops it from being published, by section.")


class OfficeCallOut(OfficeCallRow):
    published_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField(allow_blank=True)
    versions = CallVersionRow(many=True, help_text="The newest first.")
    draft = CallDraftOut(allow_null=True, help_text="What is being written; null where nothing is.")


# --- sections ---------------------------------------------------------------------------------------------------------


def _field(name: str, field: forms.Field) -> serializers.Field:
    """The field of a form as JSON has it."""
    if name == "codes":
        return serializers.ListField(child=serializers.CharField(max_length=20), max_length=MOST_CODES, default=list)
    if isinstance(field, forms.BooleanField):
        return serializers.BooleanField(default=False)
    given: dict[str, Any] = {"required": field.required}
    if isinstance(field, forms.CharField):
        return serializers.CharField(allow_blank=not field.required, **given | {"max_length": field.max_length})
    if isinstance(field, forms.ChoiceField):
        choices = list(cast(Iterable[Any], field.choices))
        return serializers.ChoiceField(choices=choices, allow_blank=not field.required, **given)
    given["allow_null"] = not field.required
    if isinstance(field, forms.DateTimeField):
        return MomentField(**given)
    if isinstance(field, WonField):
        return serializers.IntegerField(min_value=field.least, max_value=field.most, **given)
    if isinstance(field, PercentField):
        return serializers.IntegerField(min_value=0, max_value=BASIS_POINTS, **given)
    assert isinstance(field, forms.IntegerField), name
    most = 2**31 - 1 if field.max_value is None else field.max_value
    return serializers.IntegerField(**given | {"min_value": field.min_value, "max_value": most})


def _has_keys(table: Table) -> bool:
    """Bands are kept by their ends and named by nothing."""
    return table.ordered


def _made(name: str, told: str, fields: dict[str, Any]) -> type[StrictSerializer]:
    return cast(type[StrictSerializer], type(name, (StrictSerializer,), {"__doc__": told, **fields}))


def _body_of(section: Section) -> type[StrictSerializer]:
    fields: dict[str, Any] = {name: _field(name, field) for name, field in section.form().fields.items()}
    for table in section.tables:
        row = {name: _field(name, field) for name, field in table.form().fields.items()}
        if not _has_keys(table):
            del row["key"]
        made: Any = _made(f"Call{table.name.title()}Row", f"A line of the {table.name} of a call.", row)
        fields[table.name] = made(many=True, max_length=MOST_ROWS)
    return _made(f"Call{section.key.title()}", f"The {section.key} of a call, whole.", fields)


BODIES = {section.key: _body_of(section) for section in SECTIONS}
"""{key of a section: the serializer of its fields and tables}, in and out."""


def section_shown(section: Section, draft: CallVersion) -> dict[str, Any]:
    """What the section says, as it is sent back after a change."""
    scheme = draft.scheme
    said = {"revision": draft.revision, **section.read(draft, scheme)}
    for table in section.tables:
        rows = table.read(scheme)
        said[table.name] = [
            row | ({"codes": [code for code in row["codes"].split(", ") if code]} if "codes" in row else {})
            for row in rows
        ]
    return dict(BODIES[section.key](said).data)


def section_given(section: Section, draft: CallVersion, body: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """What `services.calls.write.save` is given for a body that `BODIES` took, and the revision that was read.

    The forms of the pages read it too, so that both refuse the same. Raises `ValidationError`.
    """
    plain = {name: value for name, value in body.items() if name not in {table.name for table in section.tables}}
    form = section.form(typed(section.form(), plain))
    wrong: dict[str, Any] = {} if form.is_valid() else said_of(form)
    lines = {}
    for table in section.tables:
        rows = _rows(table, body[table.name])
        unknown = _unknown_keys(table, draft, body[table.name])
        if rows.is_valid() and not unknown:
            lines[table.name] = rows.cleaned(table.stem)
        else:
            wrong[table.name] = [said_of(line) | unknown.get(place, {}) for place, line in enumerate(rows)]
    if wrong:
        raise ValidationError(wrong)
    return section.write(draft.scheme, form.cleaned_data, lines), form.cleaned_data["revision"]


def _rows(table: Table, sent: list[Any]) -> Rows:
    data: dict[str, Any] = {f"{table.name}-count": str(len(sent))}
    for place, row in enumerate(sent):
        data |= {f"{table.name}-{place}-{name}": value for name, value in typed(table.form(), row).items()}
    return Rows(table.name, table.form, data, [])


def _unknown_keys(table: Table, draft: CallVersion, sent: list[Any]) -> dict[int, Any]:
    """{place of a line: what is wrong with its key}: keys are given once, and each names one line."""
    left = {row.get("key") for row in table.read(draft.scheme)}
    wrong = {}
    for place, row in enumerate(sent):
        key = row.get("key")
        if key and key not in left:
            wrong[place] = {"key": [_("Choose one of those offered.")]}
        left.discard(key)
    return wrong


def typed(form: forms.Form | SectionForm | BeginForm, given: Mapping[str, Any]) -> dict[str, Any]:
    """JSON as people would have typed it into the form."""
    return {name: _typed(form.fields.get(name), value) for name, value in given.items() if value is not None}


def _typed(field: forms.Field | None, value: Any) -> Any:
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None).isoformat(timespec="seconds")
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(field, PercentField):
        return f"{value // 100}.{value % 100:02d}"
    return value if isinstance(value, bool) else str(value)


def said_of(form: forms.Form) -> dict[str, Any]:
    return {name: [str(message) for message in messages] for name, messages in form.errors.items()}
