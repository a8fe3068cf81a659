from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, refuse_unknown
from matching.api.search_serializers import SavedSearchChangeIn, SavedSearchIn, SavedSearchOut, SearchMatchOut
from matching.models import Match, SavedSearch
from matching.querysets import SavedSearchQuerySet
from matching.services.keep_search import change_search, remove
from matching.services.save_search import save_search

REFUSALS = {400: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def mine(request: SignedInApiRequest) -> SavedSearchQuerySet:
    return SavedSearch.objects.visible_to(request.user).with_numbers()


def visible(request: SignedInApiRequest, public_id: UUID) -> SavedSearch:
    return get_object_or_404(mine(request), public_id=public_id)


@extend_schema_view(get=extend_schema(summary="Your saved searches, newest first"))
class SavedSearchList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = SavedSearchOut
    queryset = SavedSearch.objects.none()

    def get_queryset(self) -> QuerySet[SavedSearch]:
        return mine(self.request).for_list()

    @extend_schema(
        request=SavedSearchIn,
        responses={200: SavedSearchOut, 201: SavedSearchOut, **REFUSALS},
        summary="Save a search and be told what it finds from now on",
        description="201 for a new one; 200 where you had saved the same query, which then has this name and rate. "
        "Filters by date are left out: what a saved search finds is always new.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        refuse_unknown(request, ())
        data = SavedSearchIn(data=request.data)
        data.is_valid(raise_exception=True)
        saved = save_search(by=request.user, at=timezone.now(), **data.validated_data)
        code = status.HTTP_201_CREATED if saved.is_new else status.HTTP_200_OK
        return Response(SavedSearchOut(visible(request, saved.search.public_id)).data, status=code)


class SavedSearchDetail(APIView):
    @extend_schema(responses={200: SavedSearchOut, 404: ErrorOut}, summary="One of your saved searches")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(SavedSearchOut(visible(request, public_id)).data)

    @extend_schema(
        request=SavedSearchChangeIn,
        responses={200: SavedSearchOut, **REFUSALS},
        summary="Change name or rate, pause or resume",
    )
    def patch(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        search = visible(request, public_id)
        data = SavedSearchChangeIn(data=request.data)
        data.is_valid(raise_exception=True)
        change_search(search=search, by=request.user, at=timezone.now(), **data.validated_data)
        return Response(SavedSearchOut(visible(request, public_id)).data)

    @extend_schema(responses={204: None, 404: ErrorOut}, summary="Delete a saved search with its matches")
    def delete(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        remove(search=visible(request, public_id), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(get=extend_schema(summary="What a saved search has found, newest first"))
class SearchMatchList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = SearchMatchOut
    queryset = Match.objects.none()

    def get_queryset(self) -> QuerySet[Match]:
        if getattr(self, "swagger_fake_view", False):
            return Match.objects.none()
        search = visible(self.request, self.kwargs["public_id"])
        return Match.objects.visible_to(self.request.user).filter(saved_search=search).newest_first()
