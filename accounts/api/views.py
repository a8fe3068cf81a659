from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, permissions
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import MeIn, MeOut, OrganizationOut
from accounts.filters import OrganizationFilter
from accounts.http import SignedInApiRequest
from accounts.models import Organization
from accounts.querysets import OrganizationQuerySet
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
