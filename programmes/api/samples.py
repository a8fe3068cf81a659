"""Samples of a rehearsal, for programs of officers."""

from django.utils import timezone
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import read
from marketplace.core.idempotency import needed_key
from marketplace.core.serializers import StrictSerializer
from programmes.api.review_acting import call_of, described
from programmes.queries.review import calls_of
from programmes.services.review.samples import MOST_SAMPLES, take_samples


class SamplesIn(StrictSerializer):
    from_call = serializers.CharField(
        max_length=20, help_text="The number of an earlier call of the same office whose window is over."
    )
    most = serializers.IntegerField(min_value=1, max_value=MOST_SAMPLES)


class SamplesOut(serializers.Serializer):
    taken = serializers.IntegerField(help_text="How many were taken over; the queue of the call shows them.")


class CallSamples(APIView):
    @described(SamplesIn, SamplesOut, "Take applications of an earlier call over into a rehearsal", keyed=True)
    def post(self, request: SignedInApiRequest, number: str) -> Response:
        call = call_of(request, number)
        body, key, at = read(request, SamplesIn), needed_key(request), timezone.now()
        source = get_object_or_404(calls_of(request.user), number=body["from_call"])
        taken = take_samples(call=call, source=source, most=body["most"], key=key, by=request.user, at=at)
        return Response(SamplesOut({"taken": taken}).data)
