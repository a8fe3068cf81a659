"""Files of claims and payments: deliverables and papers, the treasury's file and its results."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.roles import Permission, has_permission
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.downloads import download
from marketplace.core.idempotency import NEEDED, OFFERED, needed_key
from programmes.api.review_acting import answered
from vouchers.api.choice_serializers import (
    PaymentResultIn,
    PaymentResultOut,
    VoucherClaimDocumentIn,
    VoucherClaimDocumentOut,
)
from vouchers.api.choice_views import REFUSALS
from vouchers.models import Claim, ClaimDocument, PaymentBatch
from vouchers.services.claims.documents import add_document, remove_document
from vouchers.services.claims.pay import content_of
from vouchers.services.claims.results import BadResultFile, read_results


class ClaimDocuments(APIView):
    parser_classes = [MultiPartParser]

    def claim(self, request: SignedInApiRequest, public_id: UUID) -> Claim:
        return get_object_or_404(Claim.objects.visible_to(request.user).for_list(), public_id=public_id)

    @extend_schema(
        responses={200: VoucherClaimDocumentOut(many=True), 404: ErrorOut}, summary="Documents that stand with a claim"
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        found = self.claim(request, public_id).documents.current()
        return Response(VoucherClaimDocumentOut(found, many=True).data)

    @extend_schema(
        request=VoucherClaimDocumentIn,
        responses={201: VoucherClaimDocumentOut, **REFUSALS},
        parameters=[NEEDED],
        summary="Add a deliverable or a paper to a claim",
        description="Of a paper a later one takes the place of the earlier, and so does the same content with another "
        "key. The same key gives the same document.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        claim = self.claim(request, public_id)
        given = read(request, VoucherClaimDocumentIn)
        sent = given["document"]
        made = add_document(
            claim=claim, key=given["key"], file=sent, name=sent.name, request_key=needed_key(request), by=request.user,
            at=timezone.now(),
        )  # fmt: skip
        return Response(VoucherClaimDocumentOut(made).data, status=status.HTTP_201_CREATED)


class ClaimDocumentFile(APIView):
    def document(self, request: SignedInApiRequest, public_id: UUID) -> ClaimDocument:
        refuse_unknown(request, ())
        rows = ClaimDocument.objects.visible_to(request.user).select_related("claim__order__provider")
        return get_object_or_404(rows, public_id=public_id)

    @extend_schema(
        responses={(200, "*/*"): OpenApiTypes.BINARY, 404: ErrorOut},
        summary="A document of a claim",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> HttpResponseBase:
        found = self.document(request, public_id)
        return download(found.file, name=found.name, type=found.type)

    @extend_schema(responses={204: None, **REFUSALS}, summary="Take a document out of a claim that can be edited")
    def delete(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        remove_document(document=self.document(request, public_id), by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def payment_file(request: SignedInApiRequest, public_id: UUID) -> PaymentBatch:
    """404 where it is not visible, 403 for whom prepares no payments."""
    rows = PaymentBatch.objects.visible_to(request.user).select_related("call__office")
    batch = get_object_or_404(rows, public_id=public_id)
    if not has_permission(request.user, Permission.PAY_CLAIMS, batch.call.office):
        raise PermissionDenied
    return batch


class PaymentFileContent(APIView):
    @extend_schema(
        responses={(200, "text/csv"): OpenApiTypes.BINARY, 403: ErrorOut, 404: ErrorOut},
        summary="The file for the treasury, as it was prepared",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> HttpResponseBase:
        refuse_unknown(request, ())
        batch = payment_file(request, public_id)
        response = HttpResponse(content_of(batch), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{batch.number}.csv"'
        return response


class PaymentFileResults(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        responses={200: PaymentResultOut(many=True), 403: ErrorOut, 404: ErrorOut}, summary="Results that were read"
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(PaymentResultOut(payment_file(request, public_id).results.order_by("pk"), many=True).data)

    @extend_schema(
        request=PaymentResultIn,
        parameters=[OFFERED],
        responses={200: PaymentResultOut, 201: PaymentResultOut, **REFUSALS},
        summary="Read what the treasury says came of a payment file",
        description="All of it or nothing: what is wrong is named by row and column. The same file once more (200) "
        "changes nothing.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        batch = payment_file(request, public_id)
        file = read(request, PaymentResultIn)["file"]

        def act() -> dict[str, Any]:
            done = read_results(batch=batch, file=file, name=file.name, by=request.user, at=timezone.now())
            return {"is_new": done.is_new, "result": PaymentResultOut(done.result).data}

        try:
            told = answered(request, {"file": file}, act).data
        except BadResultFile as error:
            rows = [
                {"field": f"{each.row}: {each.field}", "code": error.code, "message": each.why, "value": each.value}
                for each in error.problems
            ]
            body = {"code": error.code, "detail": str(error), "errors": rows}
            return Response(body, status=status.HTTP_400_BAD_REQUEST)
        code = status.HTTP_201_CREATED if told["is_new"] else status.HTTP_200_OK
        return Response(told["result"], status=code)
