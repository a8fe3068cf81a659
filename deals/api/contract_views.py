from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from brokers.api.fee_serializers import EmptyIn
from deals.api.contract_serializers import (
    AmendIn,
    ApproveIn,
    ClausesIn,
    ContractEndIn,
    ContractIn,
    ContractOut,
    ContractReasonIn,
    ContractRow,
    EndAnswerIn,
    RedraftIn,
    SignIn,
)
from deals.enums.contracts import ContractState, EndingState, VersionState
from deals.exports.contracts import document_response
from deals.filters.contracts import ContractFilter
from deals.models import Contract, ContractVersion, Ending, Negotiation, SignedCopy
from deals.services.contracts.amend import amend
from deals.services.contracts.approve import approve, cancel, refuse
from deals.services.contracts.draft import draft, redraft
from deals.services.contracts.end import answer_end, propose_end, take_back_end
from deals.services.contracts.sign import sign
from deals.terms import Terms
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.downloads import download

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}
FILE = {(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, "The PDF"), 404: ErrorOut}


def visible(request: SignedInApiRequest, public_id: UUID) -> Contract:
    return get_object_or_404(Contract.objects.visible_to(request.user).with_method().for_page(), public_id=public_id)


def allowed(request: SignedInApiRequest, permission: str, thing: Any) -> None:
    if not request.user.has_perm(permission, thing):
        raise PermissionDenied


def shown(request: SignedInApiRequest, contract: Contract, code: int = status.HTTP_200_OK) -> Response:
    """As it is in the database now."""
    found = visible(request, contract.public_id)
    return Response(ContractOut(found, context={"user": request.user}).data, status=code)


def waiting(contract: Contract) -> ContractVersion:
    rows = contract.versions.for_page()  # type: ignore[attr-defined]
    return get_object_or_404(rows, state__in=[VersionState.PROPOSED, VersionState.APPROVED])


@extend_schema_view(get=extend_schema(summary="Contracts of your organization, as a side or as a broker, newest first"))
class ContractList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = ContractRow
    filterset_class = ContractFilter
    queryset = Contract.objects.none()

    def get_queryset(self) -> QuerySet[Contract]:
        organization = getattr(self.request._request, "organization", None)
        if getattr(self, "swagger_fake_view", False) or organization is None:
            return Contract.objects.none()
        return Contract.objects.visible_to(self.request.user).of_organization(organization.pk).for_list()

    @extend_schema(
        request=ContractIn,
        responses={200: ContractOut, 201: ContractOut, **REFUSALS},
        summary="Write the contract to an agreed negotiation",
        description="200 where it was written before.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, ContractIn)
        rows = Negotiation.objects.visible_to(request.user).for_page()
        negotiation = get_object_or_404(rows, public_id=given["negotiation"])
        allowed(request, "deals.draft_contract", negotiation)
        known = negotiation.contracts.exclude(state=ContractState.CANCELLED).exists()
        clauses = ClausesIn.read(given["clauses"])
        made = draft(negotiation=negotiation, clauses=clauses, by=request.user, at=timezone.now())
        return shown(request, made, status.HTTP_200_OK if known else status.HTTP_201_CREATED)


class ContractDetail(APIView):
    @extend_schema(responses={200: ContractOut, 404: ErrorOut}, summary="One contract with its versions")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return shown(request, visible(request, public_id))


class ContractDocument(APIView):
    @extend_schema(responses=FILE, summary="The document of a version as PDF", description="`language` is ko or en.")
    def get(self, request: SignedInApiRequest, public_id: UUID, serial: int, language: str) -> HttpResponse:
        refuse_unknown(request, ())
        rows = ContractVersion.objects.visible_to(request.user).for_page()
        version = get_object_or_404(rows, contract__public_id=public_id, serial=serial, documents__has_key=language)
        return document_response(version, language)


class ContractSignedCopy(APIView):
    @extend_schema(responses=FILE, summary="The signed copy as it was sent")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> HttpResponseBase:
        refuse_unknown(request, ())
        rows = SignedCopy.objects.visible_to(request.user)
        found = get_object_or_404(rows, version__contract__public_id=public_id)
        return download(found.file, name=found.name, type=found.type)


class ContractRedraft(APIView):
    @extend_schema(
        request=RedraftIn, responses={200: ContractOut, **REFUSALS}, summary="Write another document after a refusal"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible(request, public_id)
        allowed(request, "deals.amend_contract", contract)
        given = read(request, RedraftIn)
        clauses = ClausesIn.read(given["clauses"])
        redraft(contract=contract, clauses=clauses, reason=given["reason"], by=request.user, at=timezone.now())
        return shown(request, contract)


class ContractApprove(APIView):
    @extend_schema(
        request=ApproveIn,
        responses={200: ContractOut, **REFUSALS},
        summary="Approve the document that waits, for your side",
        description="`document_hash` is that of the document you read; 409 where another one waits.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible(request, public_id)
        allowed(request, "deals.bind_contract", contract)
        digest = read(request, ApproveIn)["document_hash"]
        version = contract.versions.for_page().filter(document_hash=digest).last()  # type: ignore[attr-defined]
        approve(version=version or waiting(contract), document_hash=digest, by=request.user, at=timezone.now())
        return shown(request, contract)


class ContractRefuse(APIView):
    @extend_schema(
        request=ContractReasonIn,
        responses={200: ContractOut, **REFUSALS},
        summary="Refuse the document that waits, with a reason",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible(request, public_id)
        version = waiting(contract)
        allowed(request, "deals.refuse_version", version)
        refuse(version=version, by=request.user, at=timezone.now(), **read(request, ContractReasonIn))
        return shown(request, contract)


class ContractCancel(APIView):
    @extend_schema(
        request=ContractReasonIn, responses={200: ContractOut, **REFUSALS}, summary="Do not conclude a contract"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible(request, public_id)
        allowed(request, "deals.bind_contract", contract)
        cancel(contract=contract, by=request.user, at=timezone.now(), **read(request, ContractReasonIn))
        return shown(request, contract)


class ContractSign(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        request=SignIn,
        responses={200: ContractOut, **REFUSALS},
        summary="Send the signed copy and put the contract in force",
        description="The same copy once more changes nothing.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible(request, public_id)
        allowed(request, "deals.bind_contract", contract)
        given = dict(read(request, SignIn))
        copy = given.pop("signed_copy")
        sign(contract=contract, file=copy, name=copy.name, by=request.user, at=timezone.now(), **given)
        return shown(request, contract)


class ContractAmend(APIView):
    @extend_schema(
        request=AmendIn, responses={200: ContractOut, **REFUSALS}, summary="Propose an amendment from a day on"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible(request, public_id)
        allowed(request, "deals.amend_contract", contract)
        given = read(request, AmendIn)
        amend(
            contract=contract, terms=Terms.from_json(given["terms"]), clauses=ClausesIn.read(given["clauses"]),
            reason=given["reason"], holds_from=given["holds_from"], seen_revision=given.get("seen_revision"),
            by=request.user, at=timezone.now(),
        )  # fmt: skip
        return shown(request, contract)


class ContractEnd(APIView):
    @extend_schema(
        request=ContractEndIn,
        responses={200: ContractOut, **REFUSALS},
        summary="Say that a contract ends before its term is over",
        description="Giving the technology up holds at once. A breach can be mended until `mend_by`, and ends the "
        "contract after that. Anything else the other side answers.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible(request, public_id)
        allowed(request, "deals.bind_contract", contract)
        propose_end(contract=contract, by=request.user, at=timezone.now(), **read(request, ContractEndIn))
        return shown(request, contract)


def _proposed(contract: Contract, *also: EndingState) -> Ending:
    states = (EndingState.PROPOSED, *also)
    return get_object_or_404(contract.endings.select_related("contract"), state__in=states)


class ContractEndAnswer(APIView):
    @extend_schema(
        request=EndAnswerIn, responses={200: ContractOut, **REFUSALS}, summary="Answer what the other side proposed"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible(request, public_id)
        allowed(request, "deals.bind_contract", contract)
        given = read(request, EndAnswerIn)
        answer_end(ending=_proposed(contract), by=request.user, at=timezone.now(), **given)
        return shown(request, contract)


class ContractEndTakeBack(APIView):
    @extend_schema(request=EmptyIn, responses={200: ContractOut, **REFUSALS}, summary="Take back what you proposed")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = visible(request, public_id)
        allowed(request, "deals.bind_contract", contract)
        read(request, EmptyIn)
        take_back_end(ending=_proposed(contract, EndingState.CURING), by=request.user, at=timezone.now())
        return shown(request, contract)
