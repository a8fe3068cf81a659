"""What goes in and out. Money in won, `id` is the public id, dates are days in Korea."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer
from marketplace.core.text import tidy
from tech_listings.enums import DealKind, Ground, ListingState, RightKind, RightStatus, RightSummary
from tech_listings.forms import MOST_RIGHTS, ListingForm, RightForm
from tech_listings.models import Listing
from tech_listings.quality import quality_of
from tech_listings.queries import exclusivity_of


class HolderOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    name_en = serializers.CharField()
    kind = serializers.CharField()
    institute_kind = serializers.CharField()
    region_code = serializers.CharField()
    answer_days = serializers.IntegerField()


class RightOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=RightKind.choices)
    country = serializers.CharField()
    title = serializers.CharField()
    application_number = serializers.CharField()
    application_on = serializers.DateField(allow_null=True)
    publication_number = serializers.CharField()
    publication_on = serializers.DateField(allow_null=True)
    registration_number = serializers.CharField()
    registration_on = serializers.DateField(allow_null=True)
    status = serializers.ChoiceField(choices=RightStatus.choices)
    expires_on = serializers.DateField(allow_null=True)


class ListingRow(serializers.Serializer):
    """A row of a list: what a card shows."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=ListingState.choices)
    title_ko = serializers.CharField()
    title_en = serializers.CharField()
    title_zh = serializers.CharField()
    value_ko = serializers.CharField()
    value_en = serializers.CharField()
    value_zh = serializers.CharField()
    holder = HolderOut()
    trl = serializers.IntegerField(allow_null=True)
    ipc_codes = serializers.ListField(child=serializers.CharField())
    st_class = serializers.CharField()
    ksic_code = serializers.CharField()
    keywords = serializers.ListField(child=serializers.CharField())
    deal_kinds = serializers.ListField(child=serializers.ChoiceField(choices=DealKind.choices))
    price_won = serializers.IntegerField(allow_null=True)
    right_summary = serializers.ChoiceField(choices=RightSummary.choices)
    registered_at = serializers.DateTimeField(allow_null=True)
    confirmed_on = serializers.DateField(allow_null=True)
    confirm_by = serializers.DateField(
        allow_null=True, help_text="Until then it counts as confirmed; null for what is not on offer"
    )
    is_unconfirmed = serializers.SerializerMethodField()

    def get_is_unconfirmed(self, listing: Listing) -> bool:
        """Whether its holder has let the day pass."""
        return listing.is_unconfirmed_on(timezone.localdate())


class ExclusivityOut(serializers.Serializer):
    """Whether an exclusive licence or assignment is possible because nobody asked for a non-exclusive licence in time.
    Another ground in law may allow one before (`recorded_ground`). Null throughout for what was never registered."""

    is_open = serializers.BooleanField(allow_null=True)
    opens_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True, help_text="The last day of the period")
    months = serializers.IntegerField(allow_null=True)
    is_shortened = serializers.BooleanField(allow_null=True, help_text="By a decision of the institute's head")
    non_exclusive_asked = serializers.BooleanField(allow_null=True)
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    is_assumption = serializers.BooleanField(allow_null=True)
    recorded_ground = serializers.ChoiceField(choices=Ground.choices, allow_null=True)

    def to_representation(self, listing: Listing) -> dict[str, Any]:
        if listing.registered_at is None:
            return dict.fromkeys(self.fields)
        claim = exclusivity_of(listing)
        return {
            "is_open": claim.is_open_on(timezone.localdate()),
            "opens_on": claim.opens_on.isoformat(),
            "ends_on": claim.ends_on.isoformat(),
            "months": claim.months,
            "is_shortened": claim.term is not None,
            "non_exclusive_asked": claim.asked_on is not None,
            "source": str(claim.rule.source),
            "is_assumption": claim.rule.is_assumption,
            "recorded_ground": listing.grounds.order_by("-pk").values_list("ground", flat=True).first(),
        }


class ListingOut(ListingRow):
    summary_ko = serializers.CharField()
    summary_en = serializers.CharField()
    summary_zh = serializers.CharField()
    problem = serializers.CharField()
    effect = serializers.CharField()
    field_of_use = serializers.CharField()
    conditions_of_use = serializers.CharField()
    rights = RightOut(many=True)
    has_confidential_part = serializers.SerializerMethodField()
    confidential_reason = serializers.CharField()
    outcome = serializers.CharField(help_text="How the offer ended; empty while it has not")
    outcome_on = serializers.DateField(allow_null=True)
    exclusivity = ExclusivityOut(source="*")

    def get_has_confidential_part(self, listing: Listing) -> bool:
        return bool(listing.confidential_text or listing.confidential_reason)


class MissingPartOut(serializers.Serializer):
    part = serializers.CharField(source="name")
    field = serializers.CharField(help_text="Where it is filled in; `rights` for the table of rights.")
    points = serializers.IntegerField(source="weight", help_text="What it adds to the score.")
    label = serializers.CharField()  # type: ignore[assignment]
    why = serializers.CharField()


class QualityOut(serializers.Serializer):
    score = serializers.IntegerField(help_text="0 to 100; it stops nothing.")
    missing = MissingPartOut(many=True)


class MyListingRow(ListingRow):
    quality = serializers.SerializerMethodField()

    def get_quality(self, listing: Listing) -> int:
        """0 to 100."""
        return quality_of(listing).score


class MyListingOut(ListingOut):
    """For the holder: with what is closed to others, and the revision an edit must name."""

    quality = serializers.SerializerMethodField()
    revision = serializers.IntegerField()
    confidential_text = serializers.CharField()
    withdrawn_reason = serializers.CharField()
    outcome_text = serializers.CharField()
    suspended_for = serializers.CharField()
    suspended_text = serializers.CharField()
    source = serializers.CharField(source="source.name", default=None, allow_null=True)  # type: ignore[assignment]
    source_key = serializers.CharField()

    @extend_schema_field(QualityOut)
    def get_quality(self, listing: Listing) -> Any:
        return QualityOut(quality_of(listing)).data

    def to_representation(self, listing: Listing) -> dict[str, Any]:
        """`opens_confidential` in the context says whether the reader may open the confidential part."""
        shown = super().to_representation(listing)
        return shown if self.context.get("opens_confidential") else shown | {"confidential_text": ""}


class WordListField(serializers.ListField):
    """A list of short texts."""

    def to_internal_value(self, data: Any) -> list[str]:
        return [tidy(word) for word in super().to_internal_value(data)]


class RightIn(StrictSerializer):
    kind = serializers.ChoiceField(choices=RightKind.choices)
    country = serializers.CharField(max_length=2, default="KR")
    title = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    application_number = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    application_on = DayField(required=False, allow_null=True, default=None)
    registration_number = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    registration_on = DayField(required=False, allow_null=True, default=None)
    status = serializers.ChoiceField(choices=RightStatus.choices, default=RightStatus.APPLIED)
    expires_on = DayField(required=False, allow_null=True, default=None)


class ListingIn(StrictSerializer):
    """All parts of a listing; what is left out is empty. Checked by the same form as the page."""

    title_ko = serializers.CharField(max_length=500, required=False, allow_blank=True)
    title_en = serializers.CharField(max_length=500, required=False, allow_blank=True)
    title_zh = serializers.CharField(max_length=500, required=False, allow_blank=True)
    value_ko = serializers.CharField(max_length=300, required=False, allow_blank=True)
    value_en = serializers.CharField(max_length=300, required=False, allow_blank=True)
    value_zh = serializers.CharField(max_length=300, required=False, allow_blank=True)
    summary_ko = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    summary_en = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    summary_zh = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    problem = serializers.CharField(max_length=5_000, required=False, allow_blank=True)
    effect = serializers.CharField(max_length=5_000, required=False, allow_blank=True)
    field_of_use = serializers.CharField(max_length=5_000, required=False, allow_blank=True)
    conditions_of_use = serializers.CharField(max_length=5_000, required=False, allow_blank=True)
    keywords = WordListField(child=serializers.CharField(max_length=60), max_length=20, required=False)
    trl = serializers.IntegerField(min_value=1, max_value=9, required=False, allow_null=True)
    ipc_codes = WordListField(child=serializers.CharField(max_length=20), max_length=20, required=False)
    st_class = serializers.CharField(max_length=6, required=False, allow_blank=True)
    ksic_code = serializers.CharField(max_length=5, required=False, allow_blank=True)
    deal_kinds = serializers.ListField(child=serializers.ChoiceField(choices=DealKind.choices), required=False)
    price_won = serializers.IntegerField(min_value=0, max_value=10**15, required=False, allow_null=True)
    confidential_text = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    confidential_reason = serializers.CharField(max_length=300, required=False, allow_blank=True)
    rights = RightIn(many=True, required=False, max_length=MOST_RIGHTS)  # type: ignore[call-arg]

    def validate_rights(self, rights: list[dict[str, Any]]) -> list[dict[str, Any]]:
        checked = []
        for right in rights:
            form = RightForm(right)
            if not form.is_valid():
                raise serializers.ValidationError({name: list(map(str, e)) for name, e in form.errors.items()})
            checked.append({name: form.cleaned_data[name] for name in RightForm.Meta.fields})
        return checked

    def content(self, listing: Listing) -> dict[str, Any]:
        """The checked editable fields: what was sent, over what `listing` holds. Raises `ValidationError`."""
        typed = {name: getattr(listing, name) for name in ListingForm.Meta.fields}
        typed |= {name: value for name, value in self.validated_data.items() if name in typed}
        data = {name: ", ".join(value) if name in {"keywords", "ipc_codes"} else value for name, value in typed.items()}
        form = ListingForm(data, instance=listing)
        if not form.is_valid():
            raise serializers.ValidationError({name: list(map(str, e)) for name, e in form.errors.items()})
        return form.content()


class ListingPatchIn(ListingIn):
    revision = serializers.IntegerField(min_value=1, help_text="The revision you read. 409 if there is a newer one.")


class SeenIn(StrictSerializer):
    revision = serializers.IntegerField(
        min_value=1, required=False, help_text="The revision you read, where it matters. 409 if there is a newer one."
    )


class WithdrawIn(StrictSerializer):
    reason = serializers.CharField(max_length=300)
