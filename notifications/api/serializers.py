from rest_framework import serializers


class NotificationOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.CharField()
    title = serializers.CharField(help_text="In the language of the request (Accept-Language).")
    body = serializers.CharField()
    url = serializers.CharField(help_text="Path of the page it is about; may be empty.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class MarkedOut(serializers.Serializer):
    marked = serializers.IntegerField(help_text="How many became read by this call.")
