"""Synonyms as open data, and for officers to change."""

from typing import cast
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import User
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.serializers import StrictSerializer
from tech_listings.filters import SynonymFilter
from tech_listings.models import SynonymGroup
from tech_listings.services.synonyms import create_group, delete_group, edit_group


class SynonymGroupOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    words = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    in_use = serializers.BooleanField(source="is_active")
    comes_with_the_product = serializers.SerializerMethodField()
    revision = serializers.IntegerField()
    changed_at = serializers.DateTimeField()

    def get_comes_with_the_product(self, group: SynonymGroup) -> bool:
        return bool(group.reference)


class SynonymGroupIn(StrictSerializer):
    words = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=100, help_text="2 to 20 words of at most 60 characters"
    )
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class SynonymGroupPatchIn(StrictSerializer):
    words = serializers.ListField(child=serializers.CharField(max_length=200), max_length=100, required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    in_use = serializers.BooleanField(required=False)
    revision = serializers.IntegerField(min_value=1, help_text="The revision you read. 409 if there is a newer one.")


def visible_group(request: Request, public_id: UUID) -> SynonymGroup:
    return get_object_or_404(SynonymGroup.objects.visible_to(request.user), public_id=public_id)


def editor_of(request: Request) -> User:
    """Who asks, where an officer's role includes this; 403 otherwise."""
    if not request.user.has_perm("tech_listings.edit_synonyms"):
        raise PermissionDenied
    return cast(User, request.user)


@extend_schema_view(
    get=extend_schema(summary="Groups of synonyms in use; officers also see what is switched off"),
    post=extend_schema(
        summary="Add a group, as an officer", request=SynonymGroupIn, responses={201: SynonymGroupOut, 400: ErrorOut}
    ),
)
class SynonymGroupList(generics.ListAPIView):
    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = SynonymGroupOut
    filterset_class = SynonymFilter
    queryset = SynonymGroup.objects.none()

    def get_queryset(self) -> QuerySet[SynonymGroup]:
        return SynonymGroup.objects.visible_to(self.request.user).for_list()

    def post(self, request: SignedInApiRequest) -> Response:
        by = editor_of(request)
        data = SynonymGroupIn(data=request.data)
        data.is_valid(raise_exception=True)
        group = create_group(by=by, at=timezone.now(), **data.validated_data)
        return Response(SynonymGroupOut(group).data, status=status.HTTP_201_CREATED)


class SynonymGroupDetail(APIView):
    permission_classes = [IsAuthenticatedOrReadOnly]

    @extend_schema(responses={200: SynonymGroupOut, 404: ErrorOut}, summary="A group of synonyms")
    def get(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(SynonymGroupOut(visible_group(request, public_id)).data)

    @extend_schema(
        request=SynonymGroupPatchIn,
        responses={200: SynonymGroupOut, 409: ErrorOut},
        summary="Change a group, or switch it on or off, as an officer",
    )
    def patch(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        group, by = visible_group(request, public_id), editor_of(request)
        data = SynonymGroupPatchIn(data=request.data)
        data.is_valid(raise_exception=True)
        given = dict(data.validated_data)
        seen = given.pop("revision")
        saved = edit_group(group=group, seen_revision=seen, by=by, at=timezone.now(), **given)
        return Response(SynonymGroupOut(saved).data)

    @extend_schema(responses={204: None, 409: ErrorOut}, summary="Delete a group that an office made, as an officer")
    def delete(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        group, by = visible_group(request, public_id), editor_of(request)
        delete_group(group=group, by=by, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
