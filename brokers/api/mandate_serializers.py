"""What goes in and out about mandates. `id` is the public id, shares and rates are basis points, days are Korea's."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from brokers.api.fee_serializers import BrokerShareIn, FeePartyOut
from brokers.enums.mandates import MOST_PARTNERS, MOST_SUBJECTS, MandateState, OfferedBy, PartnerState, Side
from brokers.models import Mandate
from brokers.models.mandates import LONG_TEXT
from brokers.queries.mandates import consents_asked_of, history_of_mandate, shows_need_to
from brokers.services.mandates.end import REASON_LENGTH
from brokers.services.mandates.offer import MOST_TAIL_MONTHS
from brokers.wording.mandates import status_on
from marketplace.core.money import BASIS_POINTS
from marketplace.core.serializers import DayField, StrictSerializer


class MandateRow(serializers.Serializer):
    """A row of a list."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="M, year, six digits.")
    broker = FeePartyOut(help_text="It leads where several act together.")
    client = FeePartyOut()
    side = serializers.ChoiceField(choices=Side.choices, help_text="The client's.")
    need = serializers.SerializerMethodField(help_text="Id; null where it is not about a need.")
    technologies = serializers.IntegerField(
        source="subject_count", help_text="How many; 0 and no need: everything of the client."
    )
    is_exclusive = serializers.BooleanField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="Both days belong to the term.")
    state = serializers.ChoiceField(choices=MandateState.choices)
    status = serializers.SerializerMethodField(
        help_text="What the day makes of the state: offered, lapsed, agreed (begins later), in_force, ending, over, …"
    )
    offered_side = serializers.ChoiceField(choices=OfferedBy.choices)
    offered_at = serializers.DateTimeField()
    offer_until = serializers.DateField(help_text="The last day on which it can be accepted.")
    answered_at = serializers.DateTimeField(allow_null=True)

    def get_need(self, mandate: Mandate) -> str | None:
        user: User = self.context["user"]
        return str(mandate.need.public_id) if mandate.need and shows_need_to(mandate, user) else None

    def get_status(self, mandate: Mandate) -> str:
        return status_on(mandate, timezone.localdate()).key


class MandatePartOut(serializers.Serializer):
    organization = FeePartyOut()
    share_bp = serializers.IntegerField(help_text="10,000 over all.")
    state = serializers.ChoiceField(choices=PartnerState.choices)
    agreed_at = serializers.DateTimeField(allow_null=True)


class MandateStepOut(serializers.Serializer):
    title = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    text = serializers.CharField()


class AskedConsentOut(serializers.Serializer):
    """Your broker wants to act for the other side, too; answer at `/mandates/consents/{id}/`."""

    id = serializers.UUIDField(source="public_id")
    declared = serializers.CharField(source="mandate.conflict")
    answer_until = serializers.DateField(source="mandate.offer_until")


class MandateOut(MandateRow):
    listings = serializers.SerializerMethodField(help_text="Numbers of the technologies.")
    schedule = serializers.UUIDField(source="schedule.public_id", help_text="The version of the fee guideline.")
    fee_bp = serializers.IntegerField(help_text="Part of the guideline's fee.")
    tail_months = serializers.IntegerField()
    tail_until = serializers.DateField()
    terms = serializers.CharField(allow_blank=True)
    conflict = serializers.CharField(allow_blank=True, help_text="What the broker declares.")
    brokers = serializers.SerializerMethodField()
    ended_on = serializers.DateField(allow_null=True)
    end_reason = serializers.CharField(allow_blank=True)
    answer_text = serializers.CharField(allow_blank=True)
    consents_asked = serializers.SerializerMethodField(help_text="What waits for the answer of you as its client.")
    history = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_listings(self, mandate: Mandate) -> list[str]:
        return [subject.listing.reference for subject in mandate.subjects.all()]

    @extend_schema_field(MandatePartOut(many=True))
    def get_brokers(self, mandate: Mandate) -> Any:
        return MandatePartOut(mandate.partners.all(), many=True).data

    @extend_schema_field(AskedConsentOut(many=True))
    def get_consents_asked(self, mandate: Mandate) -> Any:
        asked = consents_asked_of(mandate, self.context["user"], timezone.localdate())
        return AskedConsentOut(asked, many=True).data

    @extend_schema_field(MandateStepOut(many=True))
    def get_history(self, mandate: Mandate) -> Any:
        return MandateStepOut(history_of_mandate(mandate, self.context["user"]), many=True).data


class MandateIn(StrictSerializer):
    """An offer of your organization: a client names the broker, a broker the client."""

    other = serializers.UUIDField(help_text="Id of the broker, or of the institute or company.")
    listings = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=MOST_SUBJECTS,
        help_text="Numbers of public technologies of the client.",
    )  # fmt: skip
    need = serializers.UUIDField(required=False, allow_null=True, help_text="An open need of the client.")
    is_exclusive = serializers.BooleanField(required=False, default=False)
    starts_on = DayField()
    ends_on = DayField()
    fee_bp = serializers.IntegerField(min_value=1, max_value=50_000, required=False, default=BASIS_POINTS)
    tail_months = serializers.IntegerField(
        min_value=0, max_value=MOST_TAIL_MONTHS, required=False, allow_null=True, help_text="Else the guideline's."
    )
    brokers = BrokerShareIn(many=True, required=False, max_length=MOST_PARTNERS, help_text="10,000 together.")  # type: ignore[call-arg]
    terms = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    conflict = serializers.CharField(
        max_length=LONG_TEXT, required=False, allow_blank=True,
        help_text="Of a broker that acts for the other side of the same technology, too.",
    )  # fmt: skip
    schedule = serializers.UUIDField(
        required=False, help_text="The version you looked at: 409 where another one is in force."
    )


class MandateDeclineIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT, help_text="The other side reads it.")


class MandateShareIn(StrictSerializer):
    agree = serializers.BooleanField()
    text = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True, help_text="Why not.")


class MandateConsentIn(StrictSerializer):
    agree = serializers.BooleanField()


class MandateEndIn(StrictSerializer):
    last_day = DayField(help_text="Today or later, and not after its term.")
    reason = serializers.CharField(max_length=REASON_LENGTH, help_text="The other side reads it.")
