from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, permissions
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import BusinessIn, BusinessOut, MeIn, MeOut, MergeOut, OrganizationOut
from accounts.filters import OrganizationFilter
from accounts.http import SignedInApiRequest
from accounts.models import BusinessProfile, MergeProposal, Organization
from accounts.querysets import MergeProposalQuerySet, OrganizationQuerySet
from accounts.services.profile import edit_profile
from marketplace.core.api import refuse_unknown


class MeView(APIView):
    """Who the caller is, for which organizations they may act, and what they may do there."""

    @extend_schema(responses=MeOut, tags=["accounts"], operation_id="me")
    def get(self, request: SignedInApiRequest) -> Response:
        refuse_unknown(request, ())
        return Response(MeOut(request.user, context={"request": request}).data)

    @extend_schema(request=MeIn, responses=MeOut, tags=["accounts"], operation_id="change_me")
    def patch(self, request: SignedInApiRequest) -> Response:
        given = MeIn(data=request.data)
        given.is_valid(raise_exception=True)
        for name, value in given.validated_data.items():
            setattr(request.user, name, value)
        request.user.save(update_fields=list(given.validated_data))
        return Response(MeOut(request.user, context={"request": request}).data)


@extend_schema_view(get=extend_schema(tags=["accounts"], operation_id="organizations"))
class OrganizationsView(generics.ListAPIView):
    """Organizations by name. `q` finds a part of a name or a whole business registration number."""

    permission_classes = [permissions.AllowAny]
    serializer_class = OrganizationOut
    filterset_class = OrganizationFilter

    def get_queryset(self) -> OrganizationQuerySet:
        return Organization.objects.visible_to(self.request.user).standing().order_by("name", "pk")


@extend_schema_view(get=extend_schema(tags=["accounts"], operation_id="organization"))
class OrganizationView(generics.RetrieveAPIView):
    """What everybody may know about one organization."""

    permission_classes = [permissions.AllowAny]
    serializer_class = OrganizationOut
    lookup_field = "public_id"
    lookup_url_kwarg = "id"

    def get_queryset(self) -> OrganizationQuerySet:
        return Organization.objects.visible_to(self.request.user)


class BusinessView(APIView):
    """Who stands behind an organization. Members and officers read it, managers change all but the account."""

    @extend_schema(responses=BusinessOut, tags=["accounts"], operation_id="business")
    def get(self, request: SignedInApiRequest, id: UUID) -> Response:
        refuse_unknown(request, ())
        shown = BusinessProfile.objects.visible_to(request.user).prefetch_related("owners", "years")
        return Response(BusinessOut(get_object_or_404(shown, organization__public_id=id)).data)

    @extend_schema(request=BusinessIn, responses=BusinessOut, tags=["accounts"], operation_id="change_business")
    def patch(self, request: SignedInApiRequest, id: UUID) -> Response:
        shown = get_object_or_404(Organization.objects.visible_to(request.user), public_id=id)
        if not request.user.has_perm("accounts.edit_organization", shown):
            raise PermissionDenied(_("Only a manager of the organization may change its details."))
        given = BusinessIn(data=request.data)
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        rows = {name: changes.pop(name, None) for name in ("owners", "years")}
        saved = edit_profile(organization=shown, changes=changes, **rows, by=request.user, at=timezone.now())
        return Response(BusinessOut(saved).data)


@extend_schema_view(get=extend_schema(tags=["accounts"], operation_id="merges"))
class MergesView(generics.ListAPIView):
    """Merges of organizations, the newest first: all for officers, those of their organizations for managers."""

    serializer_class = MergeOut

    def get_queryset(self) -> MergeProposalQuerySet:
        shown = MergeProposal.objects.visible_to(self.request.user).select_related("gone", "into")
        return shown.order_by("-proposed_at", "-pk")
