from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from obligations.agreement import disagreements
from obligations.compliance import FIGURES, ROWS_OF, Figures
from obligations.enums import (
    Agreement,
    DropReason,
    DutyKind,
    DutyState,
    EvidenceType,
    ExemptionEnd,
    ExemptionGround,
    ExemptionState,
    LetterStep,
    ResultKind,
    VerifiedHow,
    WhyEnded,
)
from obligations.forms import BY
from obligations.history import history
from obligations.models import Discharge, Exemption, Letter, Obligation, Reminder
from obligations.models.duties import LONG_TEXT


class NamedInstituteOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_en = serializers.CharField()


class OwedProjectOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    title = serializers.CharField()
    ministry = serializers.CharField()


class OwedResultOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=ResultKind.choices)
    title = serializers.CharField()
    number = serializers.CharField(allow_blank=True)


class DutyRow(serializers.Serializer):
    """A row of a list."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=DutyKind.choices)
    state = serializers.ChoiceField(choices=DutyState.choices)
    is_overdue = serializers.SerializerMethodField()
    due_on = serializers.DateField(help_text="By law; a day in Korea.")
    extended_to = serializers.DateField(allow_null=True)
    deadline = serializers.DateField(
        help_text="The last day: `extended_to` where a reason was accepted, else `due_on`."
    )
    institute = NamedInstituteOut()
    project = OwedProjectOut()
    result = OwedResultOut(allow_null=True)
    listings_needed = serializers.IntegerField()
    done_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    verified_how = serializers.ChoiceField(choices=VerifiedHow.choices, allow_blank=True)
    revision = serializers.IntegerField(help_text="What every action on it has to name.")

    def get_is_overdue(self, duty: Obligation) -> bool:
        return duty.is_overdue_on(timezone.localdate())


class DischargeOut(serializers.Serializer):
    listing = serializers.UUIDField(source="listing.public_id")
    number = serializers.CharField(source="listing.number", allow_null=True)
    at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    why_ended = serializers.ChoiceField(choices=WhyEnded.choices, allow_blank=True)
    disagrees = serializers.SerializerMethodField(
        help_text="What of result and technology does not agree, while it counts."
    )

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=Agreement.choices)))
    def get_disagrees(self, discharge: Discharge) -> list[str]:
        return [str(each) for each in self.context["disagreements"].get(discharge.pk, [])]


class ExemptionOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    duty = serializers.UUIDField(source="obligation.public_id")
    institute = NamedInstituteOut(source="organization")
    ground = serializers.ChoiceField(choices=ExemptionGround.choices)
    state = serializers.ChoiceField(choices=ExemptionState.choices)
    text = serializers.CharField()
    evidence_name = serializers.CharField()
    evidence_type = serializers.ChoiceField(choices=EvidenceType.choices)
    is_extension = serializers.SerializerMethodField()
    asked_until = serializers.DateField()
    asked_at = serializers.DateTimeField()
    until = serializers.DateField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_text = serializers.CharField(allow_blank=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    why_ended = serializers.ChoiceField(choices=ExemptionEnd.choices, allow_blank=True)
    revision = serializers.IntegerField(source="obligation.revision", help_text="That of the duty.")

    def get_is_extension(self, exemption: Exemption) -> bool:
        return exemption.extends_id is not None


class HistoryOut(serializers.Serializer):
    at = serializers.DateTimeField()
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    by = serializers.CharField(allow_blank=True, help_text="Empty for the house; persons are named to their own side.")


class DutyPageOut(DutyRow):
    latest_on = serializers.DateField(help_text="No accepted reason moves the date past this day.")
    extension_reason = serializers.CharField(allow_blank=True)
    rule = serializers.CharField(source="rule.why")
    closed_reason = serializers.ChoiceField(choices=DropReason.choices, allow_blank=True)
    discharges = serializers.SerializerMethodField()
    exemptions = serializers.SerializerMethodField()
    history = serializers.SerializerMethodField()

    @extend_schema_field(DischargeOut(many=True))
    def get_discharges(self, duty: Obligation) -> Any:
        rows = duty.discharges.select_related("listing").order_by("at", "pk")
        context = {"disagreements": disagreements(duty.discharges.live())}
        return DischargeOut(rows, many=True, context=context).data

    @extend_schema_field(ExemptionOut(many=True))
    def get_exemptions(self, duty: Obligation) -> Any:
        return ExemptionOut(
            duty.exemptions.visible_to(self.context["user"]).for_list().order_by("-asked_at", "-pk"), many=True
        ).data

    @extend_schema_field(HistoryOut(many=True))
    def get_history(self, duty: Obligation) -> Any:
        return HistoryOut(history(duty, self.context["user"]), many=True).data


# --- what is asked ---


class DutyQuery(serializers.Serializer):
    """What can be asked of the duties: the filters of the pages."""

    figure = serializers.ChoiceField(choices=list(ROWS_OF), required=False, help_text="Default: all that is owed.")
    kind = serializers.ChoiceField(choices=DutyKind.choices, required=False, help_text="Default: listing.")
    institute = serializers.UUIDField(required=False)
    ministry = serializers.CharField(required=False)
    year = serializers.IntegerField(required=False, help_text="In which it is due by law.")
    project = serializers.UUIDField(required=False, help_text="Its duties, of every kind unless `kind` is given.")


class ComplianceQuery(serializers.Serializer):
    by = serializers.ChoiceField(choices=BY, required=False, help_text="Default: institute.")
    kind = serializers.ChoiceField(choices=DutyKind.choices, required=False, help_text="Default: listing.")
    institute = serializers.UUIDField(required=False)
    ministry = serializers.CharField(required=False)
    year = serializers.IntegerField(required=False, help_text="In which it is due by law.")


class KindQuery(serializers.Serializer):
    kind = serializers.ChoiceField(choices=DutyKind.choices, required=False, help_text="Default: listing.")


class ExemptionQuery(serializers.Serializer):
    state = serializers.ChoiceField(choices=ExemptionState.choices, required=False)
    ending = serializers.BooleanField(required=False, help_text="Those whose extension may be asked for now.")


class LetterQuery(serializers.Serializer):
    step = serializers.ChoiceField(choices=LetterStep.choices, required=False)
    institute = serializers.UUIDField(required=False, help_text="For officers.")


class RevisionIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=1, help_text="The revision you read. 409 if there is a newer one.")


class DischargeIn(RevisionIn):
    listing = serializers.CharField(max_length=40, help_text="Number or id of a published technology.")


class UndischargeIn(RevisionIn):
    listing = serializers.UUIDField()


class DelayIn(RevisionIn):
    until = DayField()
    reason = serializers.CharField(max_length=500)


class CountIn(RevisionIn):
    count = serializers.IntegerField(min_value=1, max_value=100)


class AskIn(RevisionIn):
    ground = serializers.ChoiceField(choices=ExemptionGround.choices)
    until = DayField()
    text = serializers.CharField(max_length=LONG_TEXT)
    evidence = serializers.FileField(help_text="PDF, PNG, JPEG, HWP, HWPX or DOCX, at most 20 MB.")


class DecideIn(RevisionIn):
    exemption = serializers.UUIDField()
    decision = serializers.ChoiceField(choices=[("grant", "Grant"), ("refuse", "Refuse")])
    until = DayField(required=False, help_text="If you grant; default: as asked.")
    text = serializers.CharField(
        max_length=LONG_TEXT, required=False, default="", allow_blank=True, help_text="Needed if you refuse."
    )


class TakeBackIn(RevisionIn):
    exemption = serializers.UUIDField()


# --- figures and letters ---


class FiguresOut(serializers.Serializer):
    key = serializers.CharField(allow_null=True, help_text="Id of the institute, ministry or year; null of all.")
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a field of that name hides an attribute
    owed = serializers.IntegerField()
    discharged = serializers.IntegerField()
    verified = serializers.IntegerField()
    exempt = serializers.IntegerField()
    due = serializers.IntegerField()
    overdue = serializers.IntegerField()
    rate_bp = serializers.IntegerField(allow_null=True, help_text="discharged / (owed − exempt), basis points.")


class ComplianceOut(serializers.Serializer):
    as_of = serializers.DateField()
    by = serializers.ChoiceField(choices=BY)
    total = FiguresOut()
    groups = FiguresOut(many=True)


def figures_out(figures: Figures, key: str | None, label: str) -> dict[str, Any]:
    counts = {name: getattr(figures, name) for name in FIGURES}
    return {"key": key, "label": label, **counts, "rate_bp": figures.rate_bp}


class OverdueInstituteOut(serializers.Serializer):
    institute = NamedInstituteOut()
    late = serializers.IntegerField(source="line.late", help_text="Overdue after the letter to the head.")
    since = serializers.DateField(source="line.since", help_text="The oldest deadline of these.")
    owed = serializers.IntegerField(source="line.figures.owed")
    exempt = serializers.IntegerField(source="line.figures.exempt")
    discharged = serializers.IntegerField(source="line.figures.discharged")
    rate_bp = serializers.IntegerField(source="line.figures.rate_bp", allow_null=True)


class OverdueOut(serializers.Serializer):
    as_of = serializers.DateField()
    institutes = OverdueInstituteOut(many=True)


class LetterRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    institute = NamedInstituteOut()
    step = serializers.ChoiceField(choices=LetterStep.choices)
    day = serializers.DateField()
    duties = serializers.IntegerField(source="lines")
    people = serializers.IntegerField(help_text="Members who were written.")
    to_head = serializers.SerializerMethodField()

    def get_to_head(self, letter: Letter) -> bool:
        return bool(letter.head_email)


class LetterLineOut(serializers.Serializer):
    duty = serializers.UUIDField(source="obligation.public_id")
    number = serializers.CharField(help_text="Of the project, as it was.")
    title = serializers.CharField(help_text="Of the result or project, as it was.")
    deadline = serializers.DateField()


class LetterOut(LetterRow):
    reminders = serializers.SerializerMethodField()

    @extend_schema_field(LetterLineOut(many=True))
    def get_reminders(self, letter: Letter) -> Any:
        lines = Reminder.objects.shown().filter(letter=letter).select_related("obligation")
        return LetterLineOut(lines.order_by("deadline", "pk"), many=True).data
