from rest_framework import serializers

from taxonomy.enums import Level, System


class TitlesOut(serializers.Serializer):
    """Empty where there is no title in the language."""

    ko = serializers.CharField(source="title_ko", allow_blank=True)
    en = serializers.CharField(source="title_en", allow_blank=True)
    zh_hans = serializers.CharField(source="title_zh", allow_blank=True)


class CodeOut(serializers.Serializer):
    system = serializers.ChoiceField(choices=System.choices)
    revision = serializers.CharField()
    code = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    parent = serializers.CharField(source="parent.code", default=None, allow_null=True)  # type: ignore[assignment]
    titles = TitlesOut(source="*")
    is_abolished = serializers.BooleanField()
    valid_from = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
