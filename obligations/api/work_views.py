"""An institute's work, for programs: the filters and the services of the page."""

from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import User
from accounts.roles import Permission
from marketplace.core.api import refuse_unknown
from obligations.api.work_serializers import DraftIn, DraftOut, LinkIn, WorkLinkOut, WorkQuery, WorkRowOut
from obligations.models import Obligation
from obligations.services.draft import draft_for, link_technology
from obligations.work import due, rows
from obligations.work_forms import WorkForm
from tech_listings.api.views import own_organization
from tech_listings.models import Listing
from tech_listings.quality import quality_of


def _visible(request: Request, public_id: UUID) -> Obligation:
    return get_object_or_404(Obligation.objects.visible_to(request.user), public_id=public_id)


class WorkList(generics.ListAPIView):
    """What your institute has to do, by date, with the next step of each."""

    serializer_class = WorkRowOut
    queryset = Obligation.objects.none()

    @extend_schema(parameters=[WorkQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        refuse_unknown(request, WorkForm.base_fields, paged=True)
        return super().get(request, *args, **kwargs)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        institute, day = own_organization(request, Permission.VIEW_RESULTS), timezone.localdate()
        form = WorkForm(request.query_params)
        if not form.is_valid():
            raise serializers.ValidationError({name: list(map(str, e)) for name, e in form.errors.items()})
        page = self.paginate_queryset(due(cast(User, request.user), institute, form.asked, day).for_list())
        return self.get_paginated_response(WorkRowOut(rows(page or [], day), many=True).data)


class WorkDraft(APIView):
    @extend_schema(request=DraftIn, responses={200: DraftOut, 201: DraftOut}, summary="Make the draft of a duty")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        """A draft filled from result, project and patent record. Sent again it answers with the same draft (200).

        409 `same_patent` where you have a technology with this patent number: link it, or say `anyway`.
        """
        duty, data = _visible(request, public_id), DraftIn(data=request.data)
        data.is_valid(raise_exception=True)
        anyway = data.validated_data["anyway"]
        made = draft_for(obligation=duty, by=request.user, at=timezone.now(), anyway=anyway)
        made.listing.quality = quality_of(made.listing)  # type: ignore[attr-defined]
        code = status.HTTP_201_CREATED if made.is_new else status.HTTP_200_OK
        return Response(DraftOut(made.listing).data, status=code)


class WorkLink(APIView):
    @extend_schema(request=LinkIn, responses={200: WorkLinkOut}, summary="Say which technology a duty is about")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        duty, data = _visible(request, public_id), LinkIn(data=request.data)
        data.is_valid(raise_exception=True)
        visible = Listing.objects.visible_to(request.user)
        listing = get_object_or_404(visible, public_id=data.validated_data["listing"])
        is_done = link_technology(obligation=duty, listing=listing, by=request.user, at=timezone.now())
        return Response(WorkLinkOut({"is_done": is_done}).data)
