"""What goes in and out about the register and ratings. Null is: not known, or of fewer than three."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.enums import Region
from brokers.enums.register import Language, PublicState, TextKind
from brokers.enums.registration import RegistrationKind
from brokers.models import Rating, RatingText
from brokers.models.ratings import RATING_TEXT, REASON_TEXT
from brokers.models.registration import SHORT_TEXT
from brokers.queries.figures import Cells
from brokers.queries.register import Entry, is_declaration_old
from marketplace.core.serializers import StrictSerializer


class BrokerOfficeOut(serializers.Serializer):
    """The organization that mandates are given to."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_en = serializers.CharField()


class BrokerAnswersOut(serializers.Serializer):
    asked = serializers.IntegerField(help_text="Mandates that clients offered in the last 12 months.")
    answered = serializers.IntegerField()
    median_hours = serializers.SerializerMethodField()

    def get_median_hours(self, answers: Any) -> float | None:
        return None if answers.median is None else round(answers.median.total_seconds() / 3600, 1)


class BrokerStarsOut(serializers.Serializer):
    count = serializers.IntegerField()
    median = serializers.FloatField()
    mean = serializers.FloatField()


class BrokerRow(serializers.Serializer):
    """A row of the list."""

    number = serializers.CharField(source="registration.number", help_text="BA or BT, year, six digits.")
    kind = serializers.ChoiceField(source="registration.kind", choices=RegistrationKind.choices)
    name = serializers.CharField()
    office = BrokerOfficeOut(source="registration.organization", allow_null=True)
    state = serializers.ChoiceField(choices=PublicState.choices)
    suspended_until = serializers.SerializerMethodField()
    takes_new_work = serializers.BooleanField()
    registered_at = serializers.DateTimeField(source="registration.registered_at")
    speciality = serializers.CharField(source="registration.speciality")
    ipc = serializers.ListField(source="registration.ipc_prefixes", child=serializers.CharField())
    regions = serializers.ListField(source="registration.regions", child=serializers.CharField())
    languages = serializers.ListField(source="registration.languages", child=serializers.CharField())
    staff = serializers.IntegerField(source="figures.staff")
    credentials = serializers.DictField(source="figures.credentials", child=serializers.IntegerField())
    deals = serializers.IntegerField(source="figures.deals", allow_null=True)
    first_answer = serializers.SerializerMethodField()
    usual_fee_bp = serializers.IntegerField(
        source="figures.fee_bp", allow_null=True, help_text="Basis points of the guideline's fee."
    )
    stars = BrokerStarsOut(source="figures.stars", allow_null=True)
    drawn = serializers.SerializerMethodField(help_text="What the order of the day goes by; see /brokers/order/.")

    def get_suspended_until(self, entry: Entry) -> str | None:
        until = entry.registration.suspended_until
        return until.isoformat() if until and entry.state == PublicState.SUSPENDED else None

    @extend_schema_field(BrokerAnswersOut(allow_null=True))
    def get_first_answer(self, entry: Entry) -> Any:
        return BrokerAnswersOut(entry.figures.answers).data if entry.figures.answers.asked else None

    def get_drawn(self, entry: Entry) -> str:
        return str(self.context["draw"](entry.registration.number))


class BrokerTextOut(serializers.Serializer):
    text = serializers.SerializerMethodField(help_text="Empty where an officer has hidden it.")
    hidden_reason = serializers.CharField()
    written_at = serializers.DateTimeField()

    def get_text(self, text: RatingText) -> str:
        return "" if text.is_hidden else text.text


class BrokerPublicRatingOut(serializers.Serializer):
    stars = serializers.IntegerField()
    rated_in = serializers.SerializerMethodField(help_text="Year and month.")
    rater = serializers.SerializerMethodField(help_text="Null where the party does not want to be named.")
    rating = serializers.SerializerMethodField()
    answer = serializers.SerializerMethodField()
    reply = serializers.SerializerMethodField()

    def get_rated_in(self, rating: Rating) -> str:
        return f"{timezone.localtime(rating.rated_at):%Y-%m}"

    def get_rater(self, rating: Rating) -> str | None:
        return rating.organization.name if rating.names_rater else None

    def _text(self, rating: Rating, kind: str) -> Any:
        found = next((text for text in rating.texts.all() if text.kind == kind), None)
        return BrokerTextOut(found).data if found else None

    @extend_schema_field(BrokerTextOut(allow_null=True))
    def get_rating(self, rating: Rating) -> Any:
        return self._text(rating, TextKind.RATING)

    @extend_schema_field(BrokerTextOut(allow_null=True))
    def get_answer(self, rating: Rating) -> Any:
        return self._text(rating, TextKind.ANSWER)

    @extend_schema_field(BrokerTextOut(allow_null=True))
    def get_reply(self, rating: Rating) -> Any:
        return self._text(rating, TextKind.REPLY)


class BrokerCellsOut(serializers.Serializer):
    total = serializers.IntegerField(allow_null=True)
    parts = serializers.SerializerMethodField()
    other = serializers.IntegerField()

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_parts(self, cells: Cells) -> Any:
        return dict(cells.parts)


class BrokerOut(BrokerRow):
    revision = serializers.IntegerField(source="registration.revision")
    conditions = serializers.CharField(source="registration.conditions")
    cancelled_at = serializers.DateTimeField(source="registration.cancelled_at", allow_null=True)
    introduction_ko = serializers.CharField(source="registration.introduction_ko")
    introduction_en = serializers.CharField(source="registration.introduction_en")
    introduction_zh = serializers.CharField(source="registration.introduction_zh")
    fee_text = serializers.CharField(source="registration.fee_text")
    conflicts = serializers.CharField(source="registration.conflicts")
    conflicts_declared_at = serializers.DateTimeField(source="registration.conflicts_declared_at", allow_null=True)
    conflicts_are_old = serializers.SerializerMethodField(help_text="Declared more than a year ago.")
    deals_by_field = BrokerCellsOut(source="figures.fields")
    deals_by_size = BrokerCellsOut(source="figures.sizes")
    ratings = serializers.SerializerMethodField()

    def get_conflicts_are_old(self, entry: Entry) -> bool:
        return is_declaration_old(entry.registration, self.context["day"])

    @extend_schema_field(BrokerPublicRatingOut(many=True))
    def get_ratings(self, entry: Entry) -> Any:
        return BrokerPublicRatingOut(self.context["ratings"], many=True).data


class BrokerEntryIn(StrictSerializer):
    """What is left out stays as it is."""

    revision = serializers.IntegerField(help_text="The one you read: 409 where somebody changed it since.")
    introduction_ko = serializers.CharField(max_length=SHORT_TEXT, required=False, allow_blank=True)
    introduction_en = serializers.CharField(max_length=SHORT_TEXT, required=False, allow_blank=True)
    introduction_zh = serializers.CharField(max_length=SHORT_TEXT, required=False, allow_blank=True)
    speciality = serializers.CharField(max_length=300, required=False, allow_blank=True)
    ipc = serializers.ListField(child=serializers.CharField(max_length=10), required=False, max_length=30)
    regions = serializers.ListField(
        child=serializers.ChoiceField(choices=Region.choices), required=False, max_length=len(Region)
    )
    languages = serializers.ListField(
        child=serializers.ChoiceField(choices=Language.choices), required=False, max_length=len(Language)
    )
    fee_text = serializers.CharField(max_length=SHORT_TEXT, required=False, allow_blank=True)
    conflicts = serializers.CharField(max_length=SHORT_TEXT, required=False, allow_blank=True)
    declares_conflicts = serializers.BooleanField(
        required=False, default=False, help_text="What stands about conflicts is complete and true today."
    )
    office = serializers.UUIDField(required=False, allow_null=True, help_text="Of a trader; null: none.")


class RatingTextOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=TextKind.choices)
    text = serializers.CharField()
    written_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    hidden_at = serializers.DateTimeField(allow_null=True)
    hidden_reason = serializers.CharField()


class RatingOut(serializers.Serializer):
    """As both sides and officers read it."""

    id = serializers.UUIDField(source="public_id")
    deal = serializers.UUIDField(source="deal.public_id")
    broker = BrokerOfficeOut(source="deal.broker")
    organization = BrokerOfficeOut()
    stars = serializers.IntegerField()
    names_rater = serializers.BooleanField()
    revision = serializers.IntegerField()
    rated_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    texts = RatingTextOut(many=True)


class RatingIn(StrictSerializer):
    deal = serializers.UUIDField(help_text="A closed deal of yours that a broker brought about.")
    stars = serializers.IntegerField(min_value=1, max_value=5)
    text = serializers.CharField(max_length=RATING_TEXT)
    names_rater = serializers.BooleanField(required=False, default=False)


class RatingChangeIn(StrictSerializer):
    revision = serializers.IntegerField()
    stars = serializers.IntegerField(min_value=1, max_value=5)
    text = serializers.CharField(max_length=RATING_TEXT)
    names_rater = serializers.BooleanField(required=False, default=False)


class RatingWordsIn(StrictSerializer):
    text = serializers.CharField(max_length=RATING_TEXT)


class TextReasonIn(StrictSerializer):
    reason = serializers.CharField(max_length=REASON_TEXT)
