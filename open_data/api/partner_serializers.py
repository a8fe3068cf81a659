"""Webhooks and reported deals. `id` is the public id, days are those of Korea, money is whole won."""

from rest_framework import serializers

from accounts.enums import Region
from marketplace.core.serializers import DayField, StrictSerializer
from open_data.enums import EndpointState, EventKind, MessageState, PartnerDealState
from open_data.models.partner_deals import MOST_WON
from open_data.models.webhooks import URL_LENGTH
from royalties.enums.rules import FirmSize
from tech_listings.enums import DealKind


class WebhookIn(StrictSerializer):
    url = serializers.CharField(max_length=URL_LENGTH, help_text="https, on the public internet.")
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=EventKind.choices), min_length=1, max_length=10)


class WebhookPatchIn(StrictSerializer):
    url = serializers.CharField(max_length=URL_LENGTH, required=False)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=EventKind.choices), min_length=1, max_length=10, required=False
    )
    state = serializers.ChoiceField(choices=[EndpointState.ACTIVE.value, EndpointState.OFF.value], required=False)


class WebhookOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    url = serializers.CharField()
    kinds = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=EndpointState.choices)
    failing_since = serializers.DateTimeField(allow_null=True)
    old_until = serializers.DateTimeField(allow_null=True, help_text="So long the secret before signs as well.")


class WebhookMadeOut(WebhookOut):
    secret = serializers.SerializerMethodField(help_text="Shown now and never again.")

    def get_secret(self, endpoint: object) -> str:
        return str(self.context["secret"])


class WebhookMessageOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    message_id = serializers.CharField(help_text="The header `webhook-id`.")
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=MessageState.choices)
    made_at = serializers.DateTimeField()
    attempts = serializers.IntegerField()
    last_at = serializers.DateTimeField(allow_null=True)
    last_status = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField()
    next_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    body = serializers.CharField()


class PartnerDealIn(StrictSerializer):
    own_number = serializers.CharField(max_length=60, help_text="Yours. Sent again it is the same deal.")
    listing = serializers.CharField(max_length=40, help_text="Number or id of the technology.")
    kind = serializers.ChoiceField(choices=DealKind.choices)
    happened_on = DayField()
    amount_won = serializers.IntegerField(
        min_value=0, max_value=MOST_WON, required=False, allow_null=True, default=None
    )
    firm_size = serializers.ChoiceField(choices=FirmSize.choices, required=False, allow_blank=True, default="")
    firm_region = serializers.ChoiceField(choices=Region.choices, required=False, allow_blank=True, default="")


class PartnerDealOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    partner = serializers.CharField(source="organization.name")
    own_number = serializers.CharField()
    listing = serializers.CharField(source="listing.number")
    kind = serializers.ChoiceField(choices=DealKind.choices)
    happened_on = serializers.DateField()
    amount_won = serializers.IntegerField(allow_null=True)
    firm_size = serializers.ChoiceField(choices=FirmSize.choices, allow_blank=True)
    firm_region = serializers.CharField()
    state = serializers.ChoiceField(choices=PartnerDealState.choices)
    reported_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class PartnerDealDecisionIn(StrictSerializer):
    confirmed = serializers.BooleanField()
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
