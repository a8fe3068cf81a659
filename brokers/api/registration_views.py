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
from accounts.models import Organization
from brokers.api.fee_views import REFUSALS
from brokers.api.registration_serializers import (
    ApplicationDocumentIn,
    ApplicationDocumentOut,
    ApplicationOut,
    ApplicationPatchIn,
    ApplicationRevisionIn,
    ApplicationRow,
    ApplicationStartIn,
    HandInIn,
    ObjectionIn,
)
from brokers.enums.registration import RegistrationKind
from brokers.filters.registration import ApplicationFilter
from brokers.models import Application, ApplicationDocument
from brokers.services.registration.documents import add_document, remove_document
from brokers.services.registration.draft import CONTENT, save_application, start_application
from brokers.services.registration.hand_in import hand_in
from brokers.services.registration.withdraw import object_to_refusal, withdraw_application
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.downloads import download


def visible(request: SignedInApiRequest, public_id: UUID) -> Application:
    return get_object_or_404(Application.objects.visible_to(request.user).for_page(), public_id=public_id)


def writable(request: SignedInApiRequest, public_id: UUID) -> Application:
    """One that the person may see (else 404) and write (else 403)."""
    found = visible(request, public_id)
    if not request.user.has_perm("brokers.write_application", found):
        raise PermissionDenied(_("Only the applicant can do this."))
    return found


def shown(request: SignedInApiRequest, application: Application, code: int = status.HTTP_200_OK) -> Response:
    """As it is in the database now."""
    return Response(ApplicationOut(visible(request, application.public_id)).data, status=code)


@extend_schema_view(get=extend_schema(summary="Applications that you wrote or may write, newest first"))
class ApplicationList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = ApplicationRow
    filterset_class = ApplicationFilter
    queryset = Application.objects.none()

    def get_queryset(self) -> QuerySet[Application]:
        if getattr(self, "swagger_fake_view", False):
            return Application.objects.none()
        return Application.objects.of_applicant(self.request.user).for_list()

    @extend_schema(
        request=ApplicationStartIn,
        responses={201: ApplicationOut, **REFUSALS},
        summary="Begin an application",
        description="Where one is under way already, the answer is that one: there is one at a time.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, ApplicationStartIn)
        current: Organization | None = getattr(request._request, "organization", None)
        organization = current if given["kind"] == RegistrationKind.AGENCY else None
        made = start_application(kind=given["kind"], organization=organization, by=request.user, at=timezone.now())
        return shown(request, made, status.HTTP_201_CREATED)


class ApplicationDetail(APIView):
    @extend_schema(responses={200: ApplicationOut, 404: ErrorOut}, summary="One application, with the check")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return shown(request, visible(request, public_id))

    @extend_schema(
        request=ApplicationPatchIn,
        responses={200: ApplicationOut, **REFUSALS},
        summary="Save a draft, or what is to be completed",
        description="409 where it was saved after you read it, or where a part cannot be changed now.",
    )
    def patch(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        given = read(request, ApplicationPatchIn)
        saved = save_application(
            application=found, revision=given["revision"],
            content={name: given[name] for name in CONTENT if name in given},
            career=given.get("career"), training=given.get("training"), by=request.user, at=timezone.now(),
        )  # fmt: skip
        return shown(request, saved)


class ApplicationDocuments(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        request=ApplicationDocumentIn,
        responses={201: ApplicationDocumentOut, **REFUSALS},
        summary="Send a document",
        description="The same content of the same kind once more gives the document that is there.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        given = read(request, ApplicationDocumentIn)
        sent = given["document"]
        made = add_document(
            application=found, kind=given["kind"], file=sent, name=sent.name, by=request.user, at=timezone.now()
        )
        return Response(ApplicationDocumentOut(made).data, status=status.HTTP_201_CREATED)


class ApplicationDocumentFile(APIView):
    @extend_schema(
        responses={
            (200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The file as it was sent"),
            404: ErrorOut,
        },
        summary="A document of an application",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID, document_id: UUID) -> HttpResponseBase:
        refuse_unknown(request, ())
        rows = ApplicationDocument.objects.visible_to(request.user).filter(application__public_id=public_id)
        found = get_object_or_404(rows, public_id=document_id)
        return download(found.file, name=found.name, type=found.type)

    @extend_schema(responses={204: None, **REFUSALS}, summary="Remove a document for good")
    def delete(self, request: SignedInApiRequest, public_id: UUID, document_id: UUID) -> Response:
        found = writable(request, public_id)
        document = get_object_or_404(found.documents, public_id=document_id)
        remove_document(document=document, by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ApplicationHandIn(APIView):
    @extend_schema(
        request=HandInIn,
        responses={200: ApplicationOut, **REFUSALS},
        summary="Hand in, or hand in again after completion",
        description="Sent twice, it is handed in once, under one number.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        given = read(request, HandInIn)
        done = hand_in(application=found, by=request.user, at=timezone.now(), **given)
        return shown(request, done.application)


class ApplicationWithdraw(APIView):
    @extend_schema(request=ApplicationRevisionIn, responses={200: ApplicationOut, **REFUSALS}, summary="Withdraw it")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        given = read(request, ApplicationRevisionIn)
        return shown(request, withdraw_application(application=found, by=request.user, at=timezone.now(), **given))


class ApplicationObject(APIView):
    @extend_schema(request=ObjectionIn, responses={200: ApplicationOut, **REFUSALS}, summary="Object to its refusal")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        given = read(request, ObjectionIn)
        return shown(request, object_to_refusal(application=found, by=request.user, at=timezone.now(), **given))
