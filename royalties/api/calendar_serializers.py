"""What goes in and out of the calendar. `id` is the public id, days are days in Korea, `_won` whole won without VAT."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from deals.api.request_serializers import PartyOut
from deals.terms.terms import MOST_WON
from marketplace.core.serializers import DayField, StrictSerializer
from royalties.enums.calendar import (
    SAID_USAGE,
    DueKind,
    DueState,
    ReachedState,
    StatementState,
    Usage,
)
from royalties.ingest.lines import LONGEST, MOST_LINES
from royalties.models import Due, SalesStatement
from royalties.models.calendar import LONG_TEXT
from royalties.queries.calendar import flags_of


class ContractOfDueOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    holder = PartyOut()
    firm = PartyOut()


class ReachedOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    reached_on = serializers.DateField()
    text = serializers.CharField()
    state = serializers.ChoiceField(choices=ReachedState.choices)
    reported_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_text = serializers.CharField(allow_blank=True)


class LateChargeOut(serializers.Serializer):
    won = serializers.IntegerField(help_text="Paid late; below 0 where the payment was taken back.")
    paid_on = serializers.DateField()
    days = serializers.IntegerField()
    interest_won = serializers.IntegerField()
    rates = serializers.JSONField(help_text="Days under each version of the rate.")


class DueRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    contract = ContractOfDueOut()
    kind = serializers.ChoiceField(choices=DueKind.choices)
    key = serializers.CharField(help_text="Which line of the terms it is.")
    name = serializers.SerializerMethodField()
    year = serializers.IntegerField(allow_null=True)
    due_on = serializers.DateField()
    pay_by = serializers.DateField(allow_null=True, help_text="Of the invoice that stands; overdue is after both days.")
    amount_won = serializers.IntegerField(allow_null=True, help_text="null: a report, or not known yet.")
    paid_won = serializers.IntegerField()
    excess_won = serializers.IntegerField(help_text="Asked for or paid too much since a correction.")
    is_owed = serializers.BooleanField(help_text="false: a milestone that was not confirmed yet.")
    is_overdue = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=DueState.choices)
    done_at = serializers.DateTimeField(allow_null=True)
    waived_reason = serializers.CharField(allow_blank=True)

    def get_name(self, due: Due) -> str:
        return due.name

    def get_is_overdue(self, due: Due) -> bool:
        return due.is_overdue_on(timezone.localdate())


class DueOut(DueRow):
    reached_reports = ReachedOut(many=True)
    late_charges = LateChargeOut(many=True)


class LineOut(serializers.Serializer):
    product = serializers.CharField()
    quantity = serializers.IntegerField()
    sales_won = serializers.IntegerField()
    deductions_won = serializers.IntegerField()


class StatementRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    year = serializers.IntegerField()
    serial = serializers.IntegerField(help_text="1 for the first of the year, more for corrections.")
    gross_won = serializers.IntegerField()
    deductions_won = serializers.IntegerField()
    net_sales_won = serializers.IntegerField()
    state = serializers.ChoiceField(choices=StatementState.choices)
    is_audited = serializers.BooleanField()
    reported_at = serializers.DateTimeField()
    checked_at = serializers.DateTimeField(allow_null=True)


class StatementOut(StatementRow):
    text = serializers.CharField(allow_blank=True)
    check_text = serializers.CharField(allow_blank=True)
    lines = LineOut(many=True)
    flags = serializers.SerializerMethodField()

    def get_flags(self, statement: SalesStatement) -> list[str]:
        user = self.context["user"]
        for_firm = user.has_perm("royalties.report", statement.contract)
        return [flag.value for flag in flags_of(statement, for_firm=for_firm)]


class UsageOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    year = serializers.IntegerField()
    usage = serializers.ChoiceField(choices=Usage.choices)
    text = serializers.CharField(allow_blank=True)
    reported_at = serializers.DateTimeField()
    is_by_house = serializers.SerializerMethodField(help_text="Nobody reported by the day.")

    def get_is_by_house(self, report: Any) -> bool:
        return report.reported_by_id is None


class SumsOut(serializers.Serializer):
    owed_won = serializers.IntegerField()
    paid_won = serializers.IntegerField()
    open_won = serializers.IntegerField()
    overdue_won = serializers.IntegerField()


class CalendarOut(serializers.Serializer):
    contract = ContractOfDueOut()
    sums = SumsOut()
    dues = DueRow(many=True)


class WaitingOut(serializers.Serializer):
    title = serializers.CharField()
    url = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    is_overdue = serializers.BooleanField()


class YearOfMoneyOut(serializers.Serializer):
    side = serializers.ChoiceField(
        choices=["holder", "firm", "broker"], help_text="What your organization is in these contracts."
    )
    year = serializers.IntegerField()
    due_won = serializers.IntegerField()
    paid_won = serializers.IntegerField()
    open_won = serializers.IntegerField()
    overdue_won = serializers.IntegerField()


class StageOut(serializers.Serializer):
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name hides an attribute
    count = serializers.IntegerField()


class WorkOut(serializers.Serializer):
    waiting = WaitingOut(many=True)
    money = YearOfMoneyOut(many=True)
    stages = StageOut(many=True)


class LateRuleOut(serializers.Serializer):
    version = serializers.IntegerField()
    effective_from = serializers.DateField(allow_null=True, help_text="null: from ever.")
    rate_bp = serializers.IntegerField(help_text="A year, in basis points.")
    year_days = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name hides an attribute
    is_assumption = serializers.BooleanField()


class LineIn(StrictSerializer):
    product = serializers.CharField(max_length=LONGEST)
    quantity = serializers.IntegerField(min_value=0, max_value=MOST_WON, required=False, default=0)
    sales_won = serializers.IntegerField(min_value=0, max_value=MOST_WON)
    deductions_won = serializers.IntegerField(min_value=0, max_value=MOST_WON, required=False, default=0)


class StatementIn(StrictSerializer):
    year = serializers.IntegerField(min_value=1950, max_value=2099)
    gross_won = serializers.IntegerField(min_value=0, max_value=MOST_WON, required=False, default=0)
    deductions_won = serializers.IntegerField(min_value=0, max_value=MOST_WON, required=False, default=0)
    lines = serializers.ListField(
        child=LineIn(), required=False, default=list, max_length=MOST_LINES, help_text="Their sums count then."
    )
    text = serializers.CharField(max_length=LONG_TEXT, required=False, default="", allow_blank=True)
    seen = serializers.IntegerField(
        min_value=0, required=False, default=0, help_text="Serial of the statement that this one corrects."
    )


class CheckIn(StrictSerializer):
    text = serializers.CharField(
        max_length=LONG_TEXT, required=False, default="", allow_blank=True, help_text="Needed in an audit."
    )


class QuestionIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT)


class UsageIn(StrictSerializer):
    year = serializers.IntegerField(min_value=1950, max_value=2099)
    usage = serializers.ChoiceField(choices=[(each.value, each.label) for each in map(Usage, SAID_USAGE)])
    text = serializers.CharField(
        max_length=LONG_TEXT, required=False, default="", allow_blank=True, help_text="Needed unless it is in use."
    )


class ReachedIn(StrictSerializer):
    reached_on = DayField()
    text = serializers.CharField(max_length=LONG_TEXT)


class ReachedDecideIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT, required=False, default="", allow_blank=True)


class ReasonIn(StrictSerializer):
    reason = serializers.CharField(max_length=500)


class WaiveIn(StrictSerializer):
    reason = serializers.CharField(max_length=500)
    seen_won = serializers.IntegerField(
        min_value=0, max_value=MOST_WON, required=False, allow_null=True, default=None,
        help_text="What you know to be open of it: the amount, less what was paid.",
    )  # fmt: skip


class LateRuleIn(StrictSerializer):
    rate_bp = serializers.IntegerField(min_value=0, max_value=2_000)
    effective_from = DayField()
    source = serializers.CharField(max_length=500)  # type: ignore[assignment]  # as above
    is_assumption = serializers.BooleanField(required=False, default=False)
