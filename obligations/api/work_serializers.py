"""What an institute owes as work, for programs. Days are days in Korea, `id` is the public id."""

from rest_framework import serializers

from marketplace.core.serializers import StrictSerializer
from obligations.enums import DutyKind, ResultKind
from obligations.work import Stand, Step, When
from tech_listings.api.serializers import QualityOut
from tech_listings.enums import ListingState


class WorkResultOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=ResultKind.choices)
    title = serializers.CharField()
    number = serializers.CharField(allow_blank=True)


class WorkProjectOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    title = serializers.CharField()
    ministry = serializers.CharField()


class WorkListingOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=ListingState.choices)
    revision = serializers.IntegerField()


class WorkRowOut(serializers.Serializer):
    id = serializers.UUIDField(source="duty.public_id", help_text="Of the duty.")
    kind = serializers.ChoiceField(source="duty.kind", choices=DutyKind.choices)
    deadline = serializers.DateField(source="duty.deadline")
    days_left = serializers.IntegerField(source="days", help_text="Negative once it is overdue.")
    result = WorkResultOut(source="duty.result", allow_null=True)
    project = WorkProjectOut(source="duty.project")
    next_step = serializers.ChoiceField(source="step", choices=Step.choices)
    listing = WorkListingOut(allow_null=True, help_text="The technology that is on its way.")
    quality = QualityOut(allow_null=True)
    same_patent = WorkListingOut(source="same", allow_null=True, help_text="Yours with the same number: link it.")


class WorkQuery(serializers.Serializer):
    """The filters of the page."""

    q = serializers.CharField(required=False)
    when = serializers.ChoiceField(choices=When.choices, required=False)
    stand = serializers.ChoiceField(choices=Stand.choices, required=False)
    kind = serializers.ChoiceField(choices=DutyKind.choices, required=False)
    result_kind = serializers.ChoiceField(choices=ResultKind.choices, required=False)
    project = serializers.CharField(required=False)


class DraftIn(StrictSerializer):
    anyway = serializers.BooleanField(
        default=False, help_text="Make a draft although you have a technology with this patent number."
    )


class DraftOut(WorkListingOut):
    quality = QualityOut()


class LinkIn(StrictSerializer):
    listing = serializers.UUIDField()


class WorkLinkOut(serializers.Serializer):
    is_done = serializers.BooleanField(help_text="False: the duty is done once the technology is registered.")
