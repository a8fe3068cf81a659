from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, refuse_unknown
from portal.api.serializers import SearchOut, WaitingListOut
from portal.queries.waiting import waiting_on
from portal.results import asked, search


class WaitingList(APIView):
    @extend_schema(operation_id="waiting_list", responses={200: WaitingListOut, 400: ErrorOut})
    def get(self, request: SignedInApiRequest) -> Response:
        """What waits on you in the organization you act for (`X-Organization`), by deadline."""
        refuse_unknown(request, ())
        found = waiting_on(request.user, request.organization, timezone.localdate())
        return Response(WaitingListOut({"results": found}).data)


class Search(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="search",
        parameters=[OpenApiParameter("q", str, description="Words; the first 200 characters count.")],
        responses={200: SearchOut, 400: ErrorOut},
    )
    def get(self, request: Request) -> Response:
        """Technologies, needs, brokers, calls and help that you may see and that hold the words."""
        refuse_unknown(request, ("q",))
        text = request.query_params.get("q", "")
        found: dict[str, Any] = {"asked": asked(text), "groups": search(text, request.user)}
        return Response(SearchOut(found).data)
