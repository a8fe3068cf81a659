"""What goes in and out. `id` is the public id, days are days in Korea."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from deals.enums.requests import AnswerKind, DeclineCategory, EventKind, RequestState
from deals.models import LONG_TEXT, SHORT_TEXT, TransferRequest
from deals.queries.requests import timeline
from marketplace.core.serializers import StrictSerializer
from tech_listings.enums import DealKind


class PartyOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_en = serializers.CharField()


class RequestedListingOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    title_ko = serializers.CharField()
    title_en = serializers.CharField()


class TransferRequestRow(serializers.Serializer):
    """A row of a list."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="Receipt number: R, year, six digits.")
    listing = RequestedListingOut()
    requester = PartyOut()
    holder = PartyOut()
    deal_kind = serializers.ChoiceField(choices=DealKind.choices)
    state = serializers.ChoiceField(choices=RequestState.choices)
    requested_at = serializers.DateTimeField()
    answer_due_on = serializers.DateField(help_text="The holder promised an answer by the end of this day in Korea.")
    is_overdue = serializers.SerializerMethodField()
    answer_kind = serializers.ChoiceField(choices=AnswerKind.choices, allow_blank=True)
    decline_category = serializers.ChoiceField(choices=DeclineCategory.choices, allow_blank=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)

    def get_is_overdue(self, request: TransferRequest) -> bool:
        return request.is_overdue_on(timezone.localdate())


class TimelineOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=EventKind.choices)
    title = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField(help_text="The organization, and the person where it is your own; empty for the house.")


class TransferRequestOut(TransferRequestRow):
    intended_use = serializers.CharField()
    message = serializers.CharField(allow_blank=True)
    answer_text = serializers.CharField(allow_blank=True)
    withdrawal_reason = serializers.CharField(allow_blank=True)
    timeline = serializers.SerializerMethodField()

    @extend_schema_field(TimelineOut(many=True))
    def get_timeline(self, request: TransferRequest) -> Any:
        return TimelineOut(timeline(request, self.context["user"]), many=True).data


class TransferRequestIn(StrictSerializer):
    listing = serializers.CharField(max_length=40, help_text="Number or id of the technology.")
    deal_kind = serializers.ChoiceField(choices=DealKind.choices)
    intended_use = serializers.CharField(max_length=SHORT_TEXT)
    message = serializers.CharField(max_length=LONG_TEXT, required=False, default="", allow_blank=True)


class AnswerIn(StrictSerializer):
    kind = serializers.ChoiceField(choices=AnswerKind.choices)
    category = serializers.ChoiceField(
        choices=DeclineCategory.choices, required=False, default="", allow_blank=True, help_text="If you decline."
    )
    text = serializers.CharField(
        max_length=LONG_TEXT, required=False, default="", allow_blank=True, help_text="Needed if you decline."
    )


class RequestWithdrawIn(StrictSerializer):
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
