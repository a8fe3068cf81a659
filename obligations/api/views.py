from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.enums import OrganizationKind
from accounts.http import SignedInApiRequest
from accounts.models import Organization
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.idempotency import PARAMETER, idempotency_key
from obligations.api.serializers import (
    MergeIn,
    ProjectIn,
    ProjectOut,
    ProjectPatchIn,
    ProjectRow,
    ResultIn,
    ResultOut,
    ResultPatchIn,
)
from obligations.filters import ORDERS, ProjectFilter, ProjectOrder
from obligations.models import ResearchResult, RnDProject
from obligations.services.projects import ProjectData, add_project, change_project, delete_project, restore_project
from obligations.services.results import add_result, change_result, delete_result, merge_results, restore_result

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}
OUT_OF_SIGHT = {204: None}


class SecurityNotConfirmed(Conflict):
    """A security project is kept out of everybody's sight: `confirm_security` says that this is meant."""

    code = "needs_confirmation"


def acting_institute(request: SignedInApiRequest, field: str) -> Organization:
    """The institute the request acts for. Raises `DomainError` naming `field` where it acts for none."""
    organization: Organization | None = getattr(request._request, "organization", None)
    if organization is None or organization.kind != OrganizationKind.INSTITUTE:
        raise DomainError(_("Say which institute it is."), field=field)
    return organization


def visible_project(request: SignedInApiRequest, public_id: UUID, permission: str = "") -> RnDProject:
    rows = RnDProject.objects.visible_to(request.user).select_related("lead").prefetch_related("partners")
    project = get_object_or_404(rows, public_id=public_id)
    if permission and not request.user.has_perm(permission, project):
        raise PermissionDenied
    return project


def known_result(request: SignedInApiRequest, public_id: UUID, permission: str = "") -> ResearchResult:
    """A result one sees; where one wants to do something with it, also a deleted one."""
    rows = (
        ResearchResult.objects.known_to(request.user) if permission else ResearchResult.objects.visible_to(request.user)
    )
    result = get_object_or_404(rows.select_related("project__lead", "owner"), public_id=public_id)
    if permission and not request.user.has_perm(permission, result):
        raise PermissionDenied
    return result


def refuse_unconfirmed(data: ProjectData, confirmed: bool, *, before: bool = False) -> None:
    if data.is_security and not before and not confirmed:
        raise SecurityNotConfirmed(
            _("Nobody would see this project any more, you neither. Send confirm_security to say that this is meant."),
            field="is_security",
        )


def shown(request: SignedInApiRequest, project: RnDProject, code: int = status.HTTP_200_OK) -> Response:
    """As it is now; nothing of a project that is out of sight from here on."""
    if project.is_security:
        return Response(status=status.HTTP_204_NO_CONTENT)
    return Response(ProjectOut(visible_project(request, project.public_id)).data, status=code)


@extend_schema_view(get=extend_schema(summary="R&D projects you see, the newest agreement first"))
class ProjectList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = ProjectRow
    filterset_class = ProjectFilter
    queryset = RnDProject.objects.none()

    def get_queryset(self) -> QuerySet[RnDProject]:
        if getattr(self, "swagger_fake_view", False):
            return RnDProject.objects.none()
        rows = RnDProject.objects.visible_to(self.request.user).select_related("lead")
        return rows.order_by(*ORDERS[ProjectOrder.NEWEST])

    @extend_schema(
        request=ProjectIn,
        responses={201: ProjectOut, **OUT_OF_SIGHT, **REFUSALS},
        parameters=[PARAMETER],
        summary="Enter a project",
        description="204 for a security project: it is kept, and nobody sees it.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        refuse_unknown(request, ())
        if not request.user.has_perm("obligations.add_project"):
            raise PermissionDenied
        sent = ProjectIn(data=request.data)
        sent.is_valid(raise_exception=True)
        lead = sent.validated_data.get("lead") or acting_institute(request, "lead")
        data = sent.content(lead=lead)
        refuse_unconfirmed(data, sent.validated_data["confirm_security"])
        made = add_project(data=data, by=request.user, at=timezone.now(), key=idempotency_key(request))
        return shown(request, made, status.HTTP_201_CREATED)


class ProjectDetail(APIView):
    @extend_schema(responses={200: ProjectOut, 404: ErrorOut}, summary="One project")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(ProjectOut(visible_project(request, public_id)).data)

    @extend_schema(
        request=ProjectPatchIn,
        responses={200: ProjectOut, **OUT_OF_SIGHT, **REFUSALS},
        summary="Change what is sent",
    )
    def patch(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        project = visible_project(request, public_id, "obligations.change_project")
        sent = ProjectPatchIn(data=request.data)
        sent.is_valid(raise_exception=True)
        data = sent.changed(project)
        refuse_unconfirmed(data, sent.validated_data.get("confirm_security", False), before=project.is_security)
        revision = sent.validated_data["revision"]
        saved = change_project(project=project, data=data, by=request.user, at=timezone.now(), revision=revision)
        return shown(request, saved)

    @extend_schema(responses={204: None, **REFUSALS}, summary="Delete a project, as an officer")
    def delete(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        project = visible_project(request, public_id, "obligations.delete_project")
        delete_project(project=project, by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ProjectRestore(APIView):
    @extend_schema(request=None, responses={200: ProjectOut, **REFUSALS}, summary="Take the deletion back")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        gone = get_object_or_404(RnDProject.objects.deleted_for(request.user), public_id=public_id)
        restore_project(project=gone, by=request.user, at=timezone.now())
        return shown(request, gone)


@extend_schema_view(get=extend_schema(summary="Results of a project that you see"))
class ProjectResults(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = ResultOut
    queryset = ResearchResult.objects.none()

    def get_queryset(self) -> QuerySet[ResearchResult]:
        if getattr(self, "swagger_fake_view", False):
            return ResearchResult.objects.none()
        project = visible_project(self.request, self.kwargs["public_id"])
        rows = ResearchResult.objects.visible_to(self.request.user).filter(project=project)
        return rows.select_related("project", "owner").order_by("pk")

    @extend_schema(
        request=ResultIn, responses={201: ResultOut, **REFUSALS}, parameters=[PARAMETER], summary="Report a result"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        project = visible_project(request, public_id, "obligations.add_result")
        sent = ResultIn(data=request.data)
        sent.is_valid(raise_exception=True)
        owner = sent.validated_data.get("owner") or acting_institute(request, "owner")
        made = add_result(
            project=project,
            data=sent.content(owner=owner),
            by=request.user,
            at=timezone.now(),
            key=idempotency_key(request),
        )
        return Response(ResultOut(made).data, status=status.HTTP_201_CREATED)


class ResultDetail(APIView):
    @extend_schema(responses={200: ResultOut, 404: ErrorOut}, summary="One result")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(ResultOut(known_result(request, public_id)).data)

    @extend_schema(request=ResultPatchIn, responses={200: ResultOut, **REFUSALS}, summary="Change what is sent")
    def patch(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        result = known_result(request, public_id, "obligations.change_result")
        sent = ResultPatchIn(data=request.data)
        sent.is_valid(raise_exception=True)
        revision = sent.validated_data["revision"]
        saved = change_result(
            result=result, data=sent.changed(result), by=request.user, at=timezone.now(), revision=revision
        )
        return Response(ResultOut(saved).data)

    @extend_schema(responses={204: None, **REFUSALS}, summary="Delete a result; it is not owed any more")
    def delete(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        result = known_result(request, public_id, "obligations.change_result")
        delete_result(result=result, by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ResultRestore(APIView):
    @extend_schema(request=None, responses={200: ResultOut, **REFUSALS}, summary="Take the deletion back")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        result = known_result(request, public_id, "obligations.change_result")
        restore_result(result=result, by=request.user, at=timezone.now())
        return Response(ResultOut(known_result(request, public_id)).data)


class ResultMerge(APIView):
    @extend_schema(
        request=MergeIn, responses={200: ResultOut, **REFUSALS}, summary="Say that this result is another one"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        """Answers with the result that stays."""
        result = known_result(request, public_id, "obligations.change_result")
        sent = MergeIn(data=request.data)
        sent.is_valid(raise_exception=True)
        into = known_result(request, sent.validated_data["into"])
        merge_results(result=result, into=into, by=request.user, at=timezone.now())
        return Response(ResultOut(known_result(request, into.public_id)).data)
