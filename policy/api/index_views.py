from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import PARAMETER, idempotency_key
from policy.api.asked import REFUSALS, OpenToRead, for_officers, own_institute
from policy.api.index_serializers import (
    CapabilityRankingOut,
    CapabilityRankingRow,
    OwnResultOut,
    RankingPublishIn,
    WeightsIn,
    WeightsOut,
    WhatIfIn,
    WhatIfOut,
    what_if_out,
)
from policy.models import IndexWeights, Ranking
from policy.queries.index import line_of, ranking_of, what_if
from policy.services.index.publish import publish_ranking
from policy.services.index.weights import write_weights


@extend_schema_view(
    get=extend_schema(summary="Versions of the capability index, newest first; drafts are seen by officers only")
)
class WeightsList(OpenToRead, generics.ListAPIView):
    serializer_class = WeightsOut
    filter_backends = ()
    queryset = IndexWeights.objects.none()

    def get_queryset(self) -> QuerySet[IndexWeights]:
        if getattr(self, "swagger_fake_view", False):
            return IndexWeights.objects.none()
        refuse_unknown(self.request, (), paged=True)
        return IndexWeights.objects.visible_to(self.request.user).newest_first()

    @extend_schema(
        request=WeightsIn,
        responses={201: WeightsOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Write a draft of the capability index, as officer",
        description="Another officer publishes it.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        for_officers(request)
        given, key = read(request, WeightsIn), idempotency_key(request)
        scheme = WeightsIn.scheme(given)
        made = write_weights(scheme=scheme, source=given["source"], by=request.user, at=timezone.now(), key=key)
        return Response(WeightsOut(made).data, status=status.HTTP_201_CREATED)


@extend_schema_view(get=extend_schema(summary="Published rankings, all versions, newest first"))
class RankingList(OpenToRead, generics.ListAPIView):
    serializer_class = CapabilityRankingRow
    filter_backends = ()
    queryset = Ranking.objects.none()

    def get_queryset(self) -> QuerySet[Ranking]:
        if getattr(self, "swagger_fake_view", False):
            return Ranking.objects.none()
        refuse_unknown(self.request, (), paged=True)
        return Ranking.objects.newest_first()

    @extend_schema(
        request=RankingPublishIn,
        responses={201: CapabilityRankingRow, **REFUSALS},
        parameters=[PARAMETER],
        summary="Publish the ranking of a year as you have seen it, as officer",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        for_officers(request)
        given, key = read(request, RankingPublishIn), idempotency_key(request)
        made = publish_ranking(**given, by=request.user, at=timezone.now(), key=key)
        return Response(CapabilityRankingRow(made).data, status=status.HTTP_201_CREATED)


class RankingDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        responses={200: CapabilityRankingOut, 404: ErrorOut}, summary="The ranking of a year, in the version that holds"
    )
    def get(self, request: Request, year: int) -> Response:
        refuse_unknown(request, ())
        found = ranking_of(year)
        if found is None:
            raise NotFound
        lines = found.lines.for_list()  # type: ignore[attr-defined]
        return Response(
            {
                **CapabilityRankingRow(found).data,
                "lines": CapabilityRankingOut().fields["lines"].to_representation(lines),
            }
        )


class OwnResult(APIView):
    @extend_schema(
        responses={200: OwnResultOut, 403: ErrorOut, 404: ErrorOut},
        summary="What the ranking of a year says of your institute, with the figures it was computed from",
    )
    def get(self, request: SignedInApiRequest, year: int) -> Response:
        here = own_institute(request, "policy.read_survey")
        refuse_unknown(request, ())
        line = line_of(here, year)
        if line is None:
            raise NotFound
        return Response(OwnResultOut(line).data)


class WhatIf(APIView):
    @extend_schema(
        request=WhatIfIn,
        responses={200: WhatIfOut, **REFUSALS},
        summary="Score and rank of your institute with other figures; nothing is stored",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        here = own_institute(request, "policy.read_survey")
        given = read(request, WhatIfIn)
        line = line_of(here, given.pop("year"))
        if line is None:
            raise DomainError(_("Your institute is in no published ranking of this year."), field="year")
        return Response(what_if_out(*what_if(line, given)))
