"""What goes in and out about negotiations. `id` is the public id, days are days in Korea, money is whole won."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from deals.api.request_serializers import PartyOut, RequestedListingOut
from deals.enums.negotiation import EntryKind, NegotiationState, OfferState, Outcome, Side
from deals.enums.terms import Method
from deals.models import LONG_TEXT, SHORT_TEXT, Entry, Negotiation, NegotiationBroker, Offer, Option
from deals.queries.negotiation import LINES, thread
from deals.queries.seats import brokers_on
from deals.services.negotiation.say import PLACE_LENGTH
from deals.services.offers.make import FIELD_LENGTH, LONGEST_MONTHS, MOST_OPTIONS, TERRITORY_LENGTH, TITLE_LENGTH
from deals.wording.negotiation import offer_differences, one_line
from marketplace.core.serializers import DayField, StrictSerializer
from tech_listings.enums import DealKind


class NegotiationRow(serializers.Serializer):
    """A row of a list."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="T, year, six digits.")
    listing = RequestedListingOut()
    holder = PartyOut()
    firm = PartyOut()
    deal_kind = serializers.ChoiceField(choices=DealKind.choices)
    state = serializers.ChoiceField(choices=NegotiationState.choices)
    revision = serializers.IntegerField(help_text="Grows with what is decided; send it back to be told of changes.")
    opened_at = serializers.DateTimeField()
    turn = serializers.ChoiceField(choices=Side.choices, allow_blank=True, help_text="Whose answer is waited for.")
    answer_due_on = serializers.DateField(allow_null=True)
    is_late = serializers.SerializerMethodField()
    last_said_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_blank=True)
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_is_late(self, negotiation: Negotiation) -> bool:
        return negotiation.is_late_on(timezone.localdate())


class NegotiationBrokerOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    organization = PartyOut()
    side = serializers.ChoiceField(choices=Side.choices)
    mandate = serializers.UUIDField(source="mandate.public_id")
    joined_at = serializers.DateTimeField()


class EntryOut(serializers.Serializer):
    """A line of the thread."""

    serial = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=EntryKind.choices)
    side = serializers.ChoiceField(choices=Side.choices, allow_blank=True, help_text="Empty for the house itself.")
    organization = PartyOut(allow_null=True)
    by = serializers.SerializerMethodField(help_text="The person's name; empty for the house itself.")
    at = serializers.DateTimeField()
    text = serializers.CharField(allow_blank=True)
    reply_to = serializers.SerializerMethodField(help_text="Serial of the question that it answers.")
    offer = serializers.SerializerMethodField(help_text="Id of the offer that it is about.")
    meets_at = serializers.DateTimeField(allow_null=True)
    place = serializers.CharField(allow_blank=True)

    def get_by(self, entry: Entry) -> str:
        return entry.by.name if entry.by else ""

    def get_reply_to(self, entry: Entry) -> int | None:
        return entry.reply_to.serial if entry.reply_to else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_offer(self, entry: Entry) -> str | None:
        return str(entry.offer.public_id) if entry.offer else None


class OptionOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    position = serializers.IntegerField()
    title = serializers.CharField()
    method = serializers.ChoiceField(choices=Method.choices)
    summary = serializers.SerializerMethodField()
    terms = serializers.JSONField(help_text="Whole won without VAT, rates in basis points.")
    terms_hash = serializers.CharField(help_text="SHA-256 of the terms in one canonical spelling.")

    def get_summary(self, option: Option) -> str:
        return one_line(option)


class OfferDifferenceOut(serializers.Serializer):
    part = serializers.CharField(help_text="A way to pay, or empty for what stands around them.")
    label = serializers.CharField()  # type: ignore[assignment]
    before = serializers.CharField()
    after = serializers.CharField()


class OfferOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    serial = serializers.IntegerField()
    side = serializers.ChoiceField(choices=Side.choices)
    organization = PartyOut()
    state = serializers.ChoiceField(choices=OfferState.choices)
    deal_kind = serializers.ChoiceField(choices=DealKind.choices)
    term_months = serializers.IntegerField(help_text="0: without a term.")
    territory = serializers.CharField(allow_blank=True)
    field_of_use = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    no_running_reason = serializers.CharField(allow_blank=True)
    counter_to = serializers.SerializerMethodField(help_text="Id of the offer that it answers.")
    offered_at = serializers.DateTimeField()
    valid_until = serializers.DateField(help_text="The last day on which it can be accepted.")
    options = OptionOut(many=True)
    differences = serializers.SerializerMethodField(help_text="What a counter-offer changes, field by field.")
    accepted_option = serializers.SerializerMethodField()
    answered_at = serializers.DateTimeField(allow_null=True)
    answer_text = serializers.CharField(allow_blank=True)

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_counter_to(self, offer: Offer) -> str | None:
        return str(offer.counter_to.public_id) if offer.counter_to else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_accepted_option(self, offer: Offer) -> str | None:
        return str(offer.accepted_option.public_id) if offer.accepted_option else None

    @extend_schema_field(OfferDifferenceOut(many=True))
    def get_differences(self, offer: Offer) -> Any:
        rows = [
            {"part": part.title, "label": row.label, "before": row.before, "after": row.after}
            for part in offer_differences(offer)
            for row in part.rows
        ]
        return OfferDifferenceOut(rows, many=True).data


class NegotiationOut(NegotiationRow):
    request = serializers.SerializerMethodField(help_text="Id of the transfer request that it began from.")
    need = serializers.SerializerMethodField(help_text="Number of the need that it began from.")
    closed_text = serializers.CharField(allow_blank=True)
    closed_side = serializers.ChoiceField(choices=Side.choices, allow_blank=True)
    brokers = serializers.SerializerMethodField()
    thread = serializers.SerializerMethodField(help_text="The newest 50 lines, oldest first; all are at `entries/`.")
    offers = serializers.SerializerMethodField(help_text="Newest first.")

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_request(self, negotiation: Negotiation) -> str | None:
        return str(negotiation.request.public_id) if negotiation.request else None

    def get_need(self, negotiation: Negotiation) -> str | None:
        return negotiation.need.number if negotiation.need else None

    @extend_schema_field(NegotiationBrokerOut(many=True))
    def get_brokers(self, negotiation: Negotiation) -> Any:
        parts: list[NegotiationBroker] = brokers_on(negotiation, timezone.localdate())
        return NegotiationBrokerOut(parts, many=True).data

    @extend_schema_field(EntryOut(many=True))
    def get_thread(self, negotiation: Negotiation) -> Any:
        newest = thread(negotiation).order_by("-serial")[:LINES]
        return EntryOut(reversed(newest), many=True).data

    @extend_schema_field(OfferOut(many=True))
    def get_offers(self, negotiation: Negotiation) -> Any:
        return OfferOut(negotiation.offers.for_page().order_by("-serial"), many=True).data


# --- in ---------------------------------------------------------------------------------------------------------------


class NegotiationIn(StrictSerializer):
    """From a `request` that was answered with “let us talk”, or from a `need_answer` that names a technology."""

    request = serializers.UUIDField(required=False, help_text="Id of a transfer request of yours.")
    need_answer = serializers.UUIDField(required=False, help_text="Id of an answer to a need of yours.")
    deal_kind = serializers.ChoiceField(
        choices=DealKind.choices, required=False, help_text="Needed with `need_answer`; a request says its own."
    )
    mandate = serializers.UUIDField(required=False, help_text="Of the firm for which a broker begins.")
    text = serializers.CharField(max_length=LONG_TEXT, required=False, default="", allow_blank=True)


class SaidIn(StrictSerializer):
    kind = serializers.ChoiceField(
        choices=[(kind.value, kind.label) for kind in (EntryKind.MESSAGE, EntryKind.QUESTION)]
        + [(EntryKind.ANSWER.value, EntryKind.ANSWER.label), (EntryKind.MEETING.value, EntryKind.MEETING.label)]
    )
    text = serializers.CharField(
        max_length=LONG_TEXT, required=False, default="", allow_blank=True, help_text="Needed except for a meeting."
    )
    reply_to = serializers.IntegerField(required=False, min_value=1, help_text="Serial of the question you answer.")
    meets_at = serializers.DateTimeField(required=False, help_text="Of a meeting.")
    place = serializers.CharField(max_length=PLACE_LENGTH, required=False, default="", allow_blank=True)


class OptionIn(StrictSerializer):
    title = serializers.CharField(max_length=TITLE_LENGTH, required=False, default="", allow_blank=True)
    terms = serializers.JSONField(help_text="Terms of payment as an option shows them, `version` 1.")


class NegotiationOfferIn(StrictSerializer):
    deal_kind = serializers.ChoiceField(choices=DealKind.choices)
    options = OptionIn(many=True, max_length=MOST_OPTIONS)  # type: ignore[call-arg]
    valid_until = DayField(help_text="The last day on which it can be accepted.")
    term_months = serializers.IntegerField(min_value=0, max_value=LONGEST_MONTHS, required=False, default=0)
    territory = serializers.CharField(max_length=TERRITORY_LENGTH, required=False, default="", allow_blank=True)
    field_of_use = serializers.CharField(max_length=FIELD_LENGTH, required=False, default="", allow_blank=True)
    text = serializers.CharField(max_length=LONG_TEXT, required=False, default="", allow_blank=True)
    no_running_reason = serializers.CharField(
        max_length=SHORT_TEXT, required=False, default="", allow_blank=True,
        help_text="Why no running royalty is offered: needed of a public holder that offers none.",
    )  # fmt: skip
    counter_to = serializers.UUIDField(required=False, help_text="Id of the waiting offer that this one answers.")


class OfferAcceptIn(StrictSerializer):
    option = serializers.UUIDField(help_text="Id of the way to pay.")
    text = serializers.CharField(max_length=LONG_TEXT, required=False, default="", allow_blank=True)


class OfferDeclineIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT, help_text="The other side reads it.")


class OfferWithdrawIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT, required=False, default="", allow_blank=True)


class NegotiationCloseIn(StrictSerializer):
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    text = serializers.CharField(
        max_length=LONG_TEXT, required=False, default="", allow_blank=True, help_text="Needed for another reason."
    )
    seen_revision = serializers.IntegerField(min_value=1, required=False, help_text="409 where it is another one now.")


class NegotiationReopenIn(StrictSerializer):
    text = serializers.CharField(max_length=LONG_TEXT, help_text="The other side reads it.")
    seen_revision = serializers.IntegerField(min_value=1, required=False)


class BringInIn(StrictSerializer):
    mandate = serializers.UUIDField(help_text="Id of a mandate of your organization.")
    broker = serializers.UUIDField(required=False, help_text="Id of the broker; else the one that leads the mandate.")
