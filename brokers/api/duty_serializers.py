"""What goes in and out about licences, staff, reports, changes and warnings. `id` is the public id, money whole won."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from brokers.enums.duties import ChangeKind, ChangeState, Ground, ReportState, WarningState
from brokers.enums.mandates import DealOrigin
from brokers.enums.registration import (
    QualificationKind,
    QualificationState,
    RegistrationKind,
    RegistrationState,
    StaffState,
)
from brokers.models import ChangeNotice, DealReport, Registration
from brokers.models.registration import LONG_TEXT, SHORT_TEXT
from brokers.notices.duties import name_of
from brokers.queries.duties import deals_of, fingerprint
from brokers.services.duties.asking import REASON_LENGTH
from brokers.services.duties.qualify import NUMBER_LENGTH
from marketplace.core.serializers import DayField, StrictSerializer
from tech_listings.enums import DealKind


class LicenceOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=QualificationKind.choices)
    number = serializers.CharField()
    issued_on = serializers.DateField()
    state = serializers.ChoiceField(choices=QualificationState.choices)
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_text = serializers.CharField(allow_blank=True)


class LicenceRow(LicenceOut):
    """As officers see it."""

    person = serializers.CharField(source="user.name")
    email = serializers.CharField(source="user.email")


class LicenceIn(StrictSerializer):
    kind = serializers.ChoiceField(choices=QualificationKind.choices)
    number = serializers.CharField(max_length=NUMBER_LENGTH)
    issued_on = DayField()


class LicenceDecisionIn(StrictSerializer):
    accept = serializers.BooleanField()
    text = serializers.CharField(
        max_length=REASON_LENGTH, required=False, allow_blank=True, default="", help_text="Needed where not accepted."
    )


class StaffOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    organization = serializers.UUIDField(source="organization.public_id")
    person = serializers.CharField(source="user.name")
    email = serializers.CharField(source="user.email")
    state = serializers.ChoiceField(choices=StaffState.choices)
    is_qualified = serializers.BooleanField(help_text="Has a verified licence, or is a registered trader.")
    from_on = serializers.DateField()
    until_on = serializers.DateField(allow_null=True, help_text="The last day; the person counts up to it.")


class StaffIn(StrictSerializer):
    email = serializers.EmailField(help_text="Of a member of your organization.")
    from_on = DayField()


class StaffAnswerIn(StrictSerializer):
    accept = serializers.BooleanField()


class StaffEndIn(StrictSerializer):
    until_on = DayField()


class WatchedBrokerOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=RegistrationKind.choices)
    name = serializers.SerializerMethodField()

    def get_name(self, registration: Registration) -> str:
        return name_of(registration)


class ReportRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    broker = WatchedBrokerOut(source="registration")
    first_on = serializers.DateField()
    last_on = serializers.DateField()
    due_on = serializers.DateField()
    revision = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ReportState.choices)
    is_missed = serializers.SerializerMethodField()
    was_late = serializers.BooleanField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    deal_count = serializers.IntegerField(allow_null=True, help_text="Null until it is submitted.")
    total_won = serializers.IntegerField(allow_null=True, help_text="Null until it is submitted.")

    def get_is_missed(self, report: DealReport) -> bool:
        return report.is_missed_on(timezone.localdate())


class ReportDealOut(serializers.Serializer):
    origin = serializers.ChoiceField(choices=DealOrigin.choices)
    technology = serializers.CharField()
    holder_name = serializers.CharField()
    taker_name = serializers.CharField()
    deal_kind = serializers.ChoiceField(choices=DealKind.choices)
    value_won = serializers.IntegerField()
    royalty_text = serializers.CharField(allow_blank=True)
    signed_on = serializers.DateField()
    term_until = serializers.DateField(allow_null=True)


class ReportOut(ReportRow):
    reason = serializers.CharField(allow_blank=True, help_text="Why it is corrected; empty for the first revision.")
    deals = serializers.SerializerMethodField(help_text="As submitted; until then as they would be.")
    seen = serializers.SerializerMethodField(help_text="Send it back when you submit; empty once submitted.")

    @extend_schema_field(ReportDealOut(many=True))
    def get_deals(self, report: DealReport) -> Any:
        return ReportDealOut(deals_of(report) if report.is_due else report.lines.order_by("position"), many=True).data

    def get_seen(self, report: DealReport) -> str:
        return fingerprint(list(deals_of(report))) if report.is_due else ""


class ReportSubmitIn(StrictSerializer):
    nothing = serializers.BooleanField(default=False, help_text="There were no deals.")
    seen = serializers.CharField(
        max_length=80, required=False, allow_null=True, default=None, help_text="409 where the deals changed since."
    )


class ReportCorrectIn(StrictSerializer):
    reason = serializers.CharField(max_length=REASON_LENGTH)


class ReportedDealIn(StrictSerializer):
    technology = serializers.CharField(max_length=300)
    holder_name = serializers.CharField(max_length=200)
    taker_name = serializers.CharField(max_length=200)
    deal_kind = serializers.ChoiceField(choices=DealKind.choices)
    value_won = serializers.IntegerField(min_value=0)
    royalty_text = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    signed_on = DayField()
    term_until = DayField(required=False, allow_null=True, default=None)
    ipc_section = serializers.CharField(max_length=1, required=False, allow_blank=True, default="")
    reference = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="Yours: the same one is one deal."
    )


class ReportedDealOut(ReportDealOut):
    id = serializers.UUIDField(source="public_id")
    reference = serializers.CharField(allow_blank=True)


class ChangeOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    broker = WatchedBrokerOut(source="registration")
    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    text = serializers.CharField()
    happened_on = serializers.DateField()
    due_on = serializers.DateField(help_text="The last day on which it is told in time.")
    state = serializers.ChoiceField(choices=ChangeState.choices)
    is_late = serializers.SerializerMethodField()
    filed_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    closing_text = serializers.CharField(allow_blank=True)

    def get_is_late(self, notice: ChangeNotice) -> bool:
        return notice.is_late_on(timezone.localdate())


class ChangeIn(StrictSerializer):
    broker = serializers.UUIDField(required=False, help_text="Id of the registration, where you report for several.")
    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    text = serializers.CharField(max_length=LONG_TEXT)
    happened_on = DayField()


class ChangeTellIn(StrictSerializer):
    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    text = serializers.CharField(max_length=LONG_TEXT)
    happened_on = DayField()


class ChangeDismissIn(StrictSerializer):
    text = serializers.CharField(max_length=REASON_LENGTH)


class ChangeAcknowledgeIn(StrictSerializer):
    text = serializers.CharField(max_length=REASON_LENGTH, required=False, allow_blank=True, default="")


class WarningOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    broker = WatchedBrokerOut(source="registration")
    ground = serializers.ChoiceField(choices=Ground.choices)
    text = serializers.CharField()
    state = serializers.ChoiceField(choices=WarningState.choices)
    given_at = serializers.DateTimeField()
    answer_text = serializers.CharField(allow_blank=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    lifted_at = serializers.DateTimeField(allow_null=True)
    lift_reason = serializers.CharField(allow_blank=True)


class WarnIn(StrictSerializer):
    ground = serializers.ChoiceField(choices=Ground.choices)
    text = serializers.CharField(max_length=LONG_TEXT)


class WarningAnswerIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT)


class WarningLiftIn(StrictSerializer):
    reason = serializers.CharField(max_length=SHORT_TEXT)


class DutiesRow(WatchedBrokerOut):
    state = serializers.ChoiceField(choices=RegistrationState.choices)
    missed_reports = serializers.IntegerField()
    late_changes = serializers.IntegerField()
    changes_waiting = serializers.IntegerField()
    open_warnings = serializers.IntegerField()
    below_since = serializers.DateField(allow_null=True)
    last_deal_on = serializers.DateField(allow_null=True)
