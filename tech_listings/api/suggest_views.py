from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.core.api import refuse_unknown
from tech_listings.search.words import suggest


class SuggestionOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=["word", "title", "class"])
    text = serializers.CharField(help_text="What is shown.")
    query = serializers.CharField(help_text="`q` once this is chosen; empty for a title.")
    parameter = serializers.CharField(help_text="The filter that a class sets: `ipc` or `st`.")
    code = serializers.CharField(help_text="The code of a class, the listing number of a title.")


class SuggestionsOut(serializers.Serializer):
    results = SuggestionOut(many=True)


class SuggestionList(APIView):
    """How a question that is being typed may go on: at most eight words, titles and classes."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="suggestions",
        summary="Typing suggestions",
        parameters=[
            OpenApiParameter("q", str, description="What is typed so far. More than 100 characters get no suggestions.")
        ],
        responses={200: SuggestionsOut},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ("q",))
        found = suggest(request.query_params.get("q", ""), language=get_language() or "ko")
        response = Response(SuggestionsOut({"results": found}).data)
        patch_cache_control(response, private=True, max_age=60)
        return response
