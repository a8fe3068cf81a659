from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.roles import Permission, organizations_with
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.downloads import download
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import NEEDED, OFFERED, PARAMETER, idempotency_key, needed_key
from programmes.api.application_serializers import (
    ApplicationPaperIn,
    ApplicationPaperOut,
    ProgrammeApplicationBeginIn,
    ProgrammeApplicationOut,
    ProgrammeApplicationPatchIn,
    ProgrammeApplicationRow,
    ProgrammeSubmitIn,
    ProgrammeWithdrawIn,
)
from programmes.api.review_acting import answered_with_file
from programmes.enums.applications import ApplicationState
from programmes.filters.applications import ApplicationFilter
from programmes.models import Application, Call
from programmes.queries.sections import sheet_of
from programmes.queries.transfers import transfers_seen
from programmes.services.applications.begin import begin
from programmes.services.applications.complete import complete, completed_with
from programmes.services.applications.documents import keep_paper, read_paper, remove_document
from programmes.services.applications.save import save
from programmes.services.applications.submit import submit
from programmes.services.applications.withdraw import discard, withdraw

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def visible(request: SignedInApiRequest, public_id: UUID) -> Application:
    rows = Application.objects.visible_to(request.user).exclude(state=ApplicationState.DISCARDED)
    return get_object_or_404(rows.for_page(), public_id=public_id)


def writable(request: SignedInApiRequest, public_id: UUID) -> Application:
    """One that the person may see (else 404) and write (else 403)."""
    found = visible(request, public_id)
    if not request.user.has_perm("programmes.write_application", found):
        raise PermissionDenied(_("Only members of the firm who may apply can do this."))
    return found


def shown(request: SignedInApiRequest, application: Application, code: int = status.HTTP_200_OK) -> Response:
    """As it is in the database now."""
    found = visible(request, application.public_id)
    context = {"sheet": sheet_of(found, timezone.localdate())}
    return Response(ProgrammeApplicationOut(found, context=context).data, status=code)


@extend_schema_view(get=extend_schema(summary="Applications of your firms, drafts first, then the newest"))
class ApplicationList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = ProgrammeApplicationRow
    filterset_class = ApplicationFilter
    queryset = Application.objects.none()

    def get_queryset(self) -> QuerySet[Application]:
        if getattr(self, "swagger_fake_view", False):
            return Application.objects.none()
        return Application.objects.of_members(self.request.user).for_list()

    @extend_schema(
        parameters=[NEEDED],
        request=ProgrammeApplicationBeginIn,
        responses={201: ProgrammeApplicationOut, **REFUSALS},
        summary="Begin an application",
        description="Where the firm has a draft under this call, the answer is that one.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, ProgrammeApplicationBeginIn)
        call = get_object_or_404(Call.objects.visible_to(request.user).published(), number=given["call"])
        mine = organizations_with(request.user, Permission.APPLY_PROGRAMMES)
        if not mine:
            raise PermissionDenied(_("A firm applies."))
        current = getattr(request._request, "organization", None)
        if current not in mine and len(mine) > 1:
            raise DomainError(_("Name the firm in X-Organization: you belong to several."))
        earlier = None
        if "filled_from" in given:
            own = Application.objects.of_members(request.user)
            earlier = get_object_or_404(own, public_id=given["filled_from"])
        organization = current if current in mine else mine[0]
        made = begin(
            call=call, organization=organization, filled_from=earlier, key=needed_key(request), by=request.user,
            at=timezone.now(),
        )  # fmt: skip
        return shown(request, made, status.HTTP_201_CREATED)


class ApplicationDetail(APIView):
    @extend_schema(
        responses={200: ProgrammeApplicationOut, 404: ErrorOut}, summary="One application, with what is missing"
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return shown(request, visible(request, public_id))

    @extend_schema(
        request=ProgrammeApplicationPatchIn,
        responses={200: ProgrammeApplicationOut, **REFUSALS},
        summary="Save sections of it",
        description="409 where it was saved after you read it, or where a section cannot be changed now.",
    )
    def patch(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        given = read(request, ProgrammeApplicationPatchIn)
        if given.get("transfer"):
            own = transfers_seen(found, request.user)
            given["transfer"] = get_object_or_404(own, public_id=given["transfer"])
        return shown(request, save(application=found, **given, by=request.user, at=timezone.now()))

    @extend_schema(responses={204: None, **REFUSALS}, summary="Throw a draft away")
    def delete(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        refuse_unknown(request, ())
        discard(application=found, revision=found.revision, by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ApplicationPapers(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        parameters=[OFFERED],
        request=ApplicationPaperIn,
        responses={201: ApplicationPaperOut, **REFUSALS},
        summary="Send a paper",
        description="It takes the place of an earlier one; the same content once more is the one that is there.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        given = read(request, ApplicationPaperIn)
        sent, at = given["document"], timezone.now()
        paper: dict[str, Any] = {"application": found, "key": given["key"], "by": request.user}
        return answered_with_file(
            request, given, out=ApplicationPaperOut, file="file",
            read=lambda: read_paper(**paper, file=sent, name=sent.name),
            keep=lambda read: keep_paper(**paper, sent=read, at=at),
        )  # fmt: skip


class ApplicationPaperFile(APIView):
    @extend_schema(
        responses={
            (200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The file as it was sent"),
            404: ErrorOut,
        },
        summary="A paper of an application",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID, document_id: UUID) -> HttpResponseBase:
        refuse_unknown(request, ())
        found = get_object_or_404(visible(request, public_id).documents, public_id=document_id)
        return download(found.file, name=found.name, type=found.type)

    @extend_schema(responses={204: None, **REFUSALS}, summary="Take a paper away")
    def delete(self, request: SignedInApiRequest, public_id: UUID, document_id: UUID) -> Response:
        found = writable(request, public_id)
        refuse_unknown(request, ())
        document = get_object_or_404(found.documents.current(), public_id=document_id)
        remove_document(document=document, by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ApplicationSubmit(APIView):
    @extend_schema(
        parameters=[NEEDED],
        request=ProgrammeSubmitIn,
        responses={200: ProgrammeApplicationOut, **REFUSALS},
        summary="Submit, or hand in again what was completed",
        description="Sent twice, it is submitted once, under one receipt number.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        given = read(request, ProgrammeSubmitIn) | {"by": request.user, "at": timezone.now()}
        given["key"] = key = needed_key(request)
        was_submitted = key == found.idempotency_key
        if not was_submitted and (found.state == ApplicationState.COMPLETION or completed_with(found, key)):
            return shown(request, complete(application=found, **given).application)
        return shown(request, submit(application=found, **given).application)


class ApplicationWithdraw(APIView):
    @extend_schema(
        parameters=[PARAMETER],
        request=ProgrammeWithdrawIn,
        responses={200: ProgrammeApplicationOut, **REFUSALS},
        summary="Withdraw it for good",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        given = read(request, ProgrammeWithdrawIn) | {"by": request.user, "at": timezone.now()}
        return shown(request, withdraw(application=found, key=idempotency_key(request), **given).application)
