from rest_framework import serializers


class WaitingItemOut(serializers.Serializer):
    title = serializers.CharField(help_text="In the language of the request (Accept-Language).")
    url = serializers.CharField(help_text="Path of the page where it is done.")
    due_on = serializers.DateField(allow_null=True)
    is_overdue = serializers.BooleanField()


class WaitingListOut(serializers.Serializer):
    results = WaitingItemOut(many=True, help_text="By deadline. Of each kind the ten most urgent at most.")


class SearchHitOut(serializers.Serializer):
    title = serializers.CharField()
    url = serializers.CharField(help_text="Path of the page.")
    note = serializers.CharField()


class SearchGroupOut(serializers.Serializer):
    key = serializers.CharField(help_text="technologies, needs, brokers, calls or help.")
    title = serializers.CharField(source="label")
    count = serializers.IntegerField(help_text="Counted no further than 10,001.")
    has_more = serializers.BooleanField(help_text="Whether there are more than `count`.")
    url = serializers.CharField(help_text="Path of the page with all of them.")
    hits = SearchHitOut(many=True)


class SearchOut(serializers.Serializer):
    asked = serializers.CharField(help_text="The words as they were looked for.")
    groups = SearchGroupOut(many=True)
