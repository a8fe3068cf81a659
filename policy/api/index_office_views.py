"""The capability index as officers keep it: by the same services and permissions as the pages."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.idempotency import PARAMETER, idempotency_key
from policy.api.asked import REFUSALS, OpenToRead, for_officers
from policy.api.index_serializers import (
    PeerPlaceIn,
    PeerPlaceOut,
    RankingPreviewOut,
    WeightsEditIn,
    WeightsIn,
    WeightsOut,
    WeightsRevisionIn,
)
from policy.enums.figures import FIRST_YEAR, LAST_YEAR
from policy.models import IndexWeights, PeerPlacement
from policy.queries.index import compute, groups_of
from policy.queries.survey import institutes
from policy.services.index.publish import place_institute, weights_in_use
from policy.services.index.weights import discard_weights, edit_weights, publish_weights


def visible(request: Request, public_id: UUID) -> IndexWeights:
    rows = IndexWeights.objects.visible_to(request.user)
    return get_object_or_404(rows, public_id=public_id)


def shown(request: Request, public_id: UUID) -> Response:
    """As it is in the database now."""
    return Response(WeightsOut(visible(request, public_id)).data)


class WeightsDetail(OpenToRead, APIView):
    @extend_schema(responses={200: WeightsOut, 404: ErrorOut}, summary="One version of the capability index")
    def get(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return shown(request, public_id)

    @extend_schema(
        request=WeightsEditIn, responses={200: WeightsOut, **REFUSALS}, summary="Change your own draft, as officer"
    )
    def put(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        for_officers(request)
        weights, given = visible(request, public_id), read(request, WeightsEditIn)
        scheme, changed = WeightsIn.scheme(given), {name: given[name] for name in ("source", "revision")}
        edit_weights(weights=weights, scheme=scheme, **changed, by=request.user, at=timezone.now())
        return shown(request, public_id)


class WeightsPublish(APIView):
    @extend_schema(
        request=WeightsRevisionIn,
        responses={200: WeightsOut, **REFUSALS},
        summary="Publish another officer’s draft of the capability index",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        for_officers(request)
        given = read(request, WeightsRevisionIn)
        publish_weights(weights=visible(request, public_id), **given, by=request.user, at=timezone.now())
        return shown(request, public_id)


class WeightsDiscard(APIView):
    @extend_schema(
        request=WeightsRevisionIn,
        responses={200: WeightsOut, **REFUSALS},
        summary="Throw away a draft of the capability index, as officer",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        for_officers(request)
        given = read(request, WeightsRevisionIn)
        discard_weights(weights=visible(request, public_id), **given, by=request.user)
        return shown(request, public_id)


class PeerGroups(APIView):
    @extend_schema(
        operation_id="capability_groups_list",
        responses={200: PeerPlaceOut(many=True)},
        summary="Which institute is compared with which, as officer",
    )
    def get(self, request: SignedInApiRequest) -> Response:
        for_officers(request)
        refuse_unknown(request, ())
        rows = list(institutes())
        groups = groups_of(rows)
        placed = PeerPlacement.objects.current().values_list("institute", "reason")
        reasons = dict(placed)
        found = [{"institute": each, "group": groups[each.pk], "reason": reasons.get(each.pk, "")} for each in rows]
        return Response(PeerPlaceOut(found, many=True).data)

    @extend_schema(
        operation_id="capability_groups_place",
        request=PeerPlaceIn,
        responses={201: PeerPlaceOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Put an institute into another peer group from the next ranking on, as officer",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        for_officers(request)
        given = read(request, PeerPlaceIn)
        institute = get_object_or_404(institutes(), public_id=given.pop("institute"))
        at, key = timezone.now(), idempotency_key(request)
        made = place_institute(institute=institute, **given, by=request.user, at=at, key=key)
        return Response(PeerPlaceOut(made).data, status=status.HTTP_201_CREATED)


class RankingPreview(APIView):
    @extend_schema(
        responses={200: RankingPreviewOut, **REFUSALS}, summary="The ranking that would be published now, as officer"
    )
    def get(self, request: SignedInApiRequest, year: int) -> Response:
        for_officers(request)
        refuse_unknown(request, ())
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise NotFound
        weights = weights_in_use()
        made = compute(year, weights)
        content = {"year": year, "weights_version": weights.version, "digest": made.digest, "scores": made.scores}
        return Response(RankingPreviewOut(content).data)
