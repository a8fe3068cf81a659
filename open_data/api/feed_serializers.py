from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from open_data.enums import BulkFormat, Collection


class FeedChangeOut(serializers.Serializer):
    id = serializers.UUIDField()
    deleted = serializers.BooleanField(help_text="Nothing of it may be shown any more: remove it. It stays so.")
    changed_at = serializers.DateTimeField(help_text="When it was written. The order is that of the cursor, not this.")
    record = serializers.DictField(
        allow_null=True, help_text="What everybody may read of it now. Null where `deleted`."
    )


class ChangesOut(serializers.Serializer):
    collection = serializers.ChoiceField(choices=Collection.choices)
    changes = FeedChangeOut(many=True)
    cursor = serializers.CharField(help_text="Keep it, and send it as `since` the next time.")
    more = serializers.BooleanField(help_text="Ask again at once: more is there.")
    next = serializers.URLField(help_text="The address to ask next, now or later.")


class BulkFileOut(serializers.Serializer):
    collection = serializers.ChoiceField(choices=Collection.choices)
    format = serializers.ChoiceField(choices=BulkFormat.choices)
    name = serializers.CharField()
    url = serializers.SerializerMethodField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    rows = serializers.IntegerField()
    taken_at = serializers.DateTimeField()
    cursor = serializers.CharField(help_text="Goes on from this file: send it as `since` to the change feed.")

    def get_url(self, file: object) -> str:

        return f"{settings.SITE_URL}{reverse('open_data-api:bulk-file', args=[file.name])}"  # type: ignore[attr-defined]


class BulkOut(serializers.Serializer):
    licence = serializers.CharField()
    files = BulkFileOut(many=True)


class CallTotalOut(serializers.Serializer):
    call = serializers.CharField(help_text="Number of the call.")
    counted_at = serializers.DateTimeField(help_text="Since then these numbers stand.")
    vouchers = serializers.IntegerField(
        allow_null=True,
        help_text="Counted by night. Null until at least three firms are in it; then it stays as it is until at least "
        "three firms have changed it.",
    )


class TotalsOut(serializers.Serializer):
    as_of = serializers.DateTimeField()
    listings = serializers.DictField(child=serializers.IntegerField(), help_text="Public technologies by state.")
    brokers = serializers.DictField(child=serializers.IntegerField(), help_text="Registered ones by kind.")
    confirmed_deals = serializers.IntegerField(
        allow_null=True,
        help_text="Deals of partners that holders confirmed, of the years in which they are three or more; null where "
        "there is no such year.",
    )
    vouchers = CallTotalOut(many=True)
