from abc import abstractmethod
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization, User
from brokers.api.case_serializers import (
    CancellationCloseIn,
    CancellationDecisionIn,
    CancellationIn,
    CancellationOut,
    CancellationRow,
    CaseStatementIn,
    HandOverChoiceIn,
    HandOverOut,
    HandOverSettleIn,
    HearingNoticeIn,
    HearingPostponeIn,
    HearingRecordIn,
)
from brokers.api.fee_views import REFUSALS
from brokers.filters.cases import CaseFilter, HandOverFilter
from brokers.models import CancellationCase, CaseDocument, HandOver, Registration
from brokers.services.cases.decide import close_case, decide_case
from brokers.services.cases.hand_over import choose_hand_over, settle_hand_over
from brokers.services.cases.hearing import notice_hearing, postpone_hearing, record_hearing
from brokers.services.cases.open_case import open_case
from brokers.services.cases.statement import send_statement
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.downloads import download
from marketplace.core.errors import DomainError
from marketplace.core.serializers import StrictSerializer


def visible(request: SignedInApiRequest, public_id: UUID, permission: str = "") -> CancellationCase:
    case = get_object_or_404(CancellationCase.objects.visible_to(request.user).for_page(), public_id=public_id)
    if permission and not request.user.has_perm(permission, case):
        raise PermissionDenied
    return case


@extend_schema_view(
    get=extend_schema(summary="Cases about registrations: your own, or all for officers; the newest first")
)
class CaseList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = CancellationRow
    filterset_class = CaseFilter
    queryset = CancellationCase.objects.none()

    def get_queryset(self) -> QuerySet[CancellationCase]:
        if getattr(self, "swagger_fake_view", False):
            return CancellationCase.objects.none()
        return CancellationCase.objects.visible_to(self.request.user).for_list().order_by("-opened_at", "-pk")

    @extend_schema(
        request=CancellationIn, responses={201: CancellationOut, **REFUSALS}, summary="Open a case, as officer"
    )
    def post(self, request: SignedInApiRequest) -> Response:
        if not request.user.has_perm("brokers.govern_cases"):
            raise PermissionDenied
        given = read(request, CancellationIn)
        found = Registration.objects.visible_to(request.user).filter(number=given.pop("registration")).first()
        if found is None:
            raise DomainError(_("No registration has this number."), field="registration")
        case = open_case(registration=found, by=request.user, at=timezone.now(), **given)
        return Response(CancellationOut(visible(request, case.public_id)).data, status=status.HTTP_201_CREATED)


class CaseDetail(APIView):
    @extend_schema(responses={200: CancellationOut, 404: ErrorOut}, summary="One case with hearings and statements")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(CancellationOut(visible(request, public_id)).data)


class CaseAction(APIView):
    """POST of one service: `sent` is its body, `permission` who may."""

    permission: ClassVar[str] = "brokers.handle_case"
    sent: ClassVar[type[StrictSerializer]]

    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        case = visible(request, public_id, self.permission)
        self.act(case, read(request, self.sent), request.user)
        return Response(CancellationOut(visible(request, public_id)).data)

    @abstractmethod
    def act(self, case: CancellationCase, given: dict[str, Any], by: User) -> None:
        """Call the service."""


def described(sent: type[StrictSerializer], summary: str) -> Any:
    return extend_schema_view(
        post=extend_schema(request=sent, responses={200: CancellationOut, **REFUSALS}, summary=summary)
    )


def _with_chair(given: dict[str, Any]) -> dict[str, Any]:
    chair = User.objects.filter(public_id=given["chair"]).first()
    if chair is None:
        raise DomainError(_("Choose one of the officers."), field="chair")
    return given | {"chair": chair}


@described(HearingNoticeIn, "Give notice of the hearing, as officer")
class CaseNotice(CaseAction):
    sent = HearingNoticeIn

    def act(self, case: CancellationCase, given: dict[str, Any], by: User) -> None:
        notice_hearing(case=case, by=by, at=timezone.now(), **_with_chair(given))


@described(HearingPostponeIn, "Postpone the hearing, as officer")
class CasePostpone(CaseAction):
    sent = HearingPostponeIn

    def act(self, case: CancellationCase, given: dict[str, Any], by: User) -> None:
        postpone_hearing(case=case, by=by, at=timezone.now(), **_with_chair(given))


@described(HearingRecordIn, "Sign the record of the hearing, as its chair")
class CaseRecord(CaseAction):
    permission, sent = "brokers.record_hearing", HearingRecordIn

    def act(self, case: CancellationCase, given: dict[str, Any], by: User) -> None:
        record_hearing(case=case, by=by, at=timezone.now(), **given)


@described(
    CancellationDecisionIn, "Decide after the hearing, as an officer who neither opened the case nor held the chair"
)
class CaseDecide(CaseAction):
    permission, sent = "brokers.decide_case", CancellationDecisionIn

    def act(self, case: CancellationCase, given: dict[str, Any], by: User) -> None:
        decide_case(case=case, by=by, at=timezone.now(), **given)


@described(CancellationCloseIn, "Close the case before its hearing, as officer")
class CaseClose(CaseAction):
    sent = CancellationCloseIn

    def act(self, case: CancellationCase, given: dict[str, Any], by: User) -> None:
        close_case(case=case, by=by, at=timezone.now(), **given)


@described(CaseStatementIn, "Say something in writing as the broker, or add evidence as officer")
class CaseStatements(CaseAction):
    permission, sent = "", CaseStatementIn
    parser_classes = [MultiPartParser, JSONParser]

    def act(self, case: CancellationCase, given: dict[str, Any], by: User) -> None:
        if not (by.has_perm("brokers.answer_case", case) or by.has_perm("brokers.handle_case", case)):
            raise PermissionDenied
        files = [(one.file, one.name) for one in given.pop("files", [])]
        send_statement(case=case, files=files, by=by, at=timezone.now(), **given)


class CaseDocumentFile(APIView):
    @extend_schema(
        responses={(200, "*/*"): OpenApiTypes.BINARY, 404: ErrorOut},
        summary="A document that was sent in a case",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> HttpResponseBase:
        refuse_unknown(request, ())
        found = get_object_or_404(CaseDocument.objects.visible_to(request.user), public_id=public_id)
        return download(found.file, name=found.name, type=found.type)


# --- hand-overs ---


def visible_hand_over(request: SignedInApiRequest, public_id: UUID, permission: str = "") -> HandOver:
    found = get_object_or_404(HandOver.objects.visible_to(request.user).for_page(), public_id=public_id)
    if permission and not request.user.has_perm(permission, found):
        raise PermissionDenied
    return found


@extend_schema_view(get=extend_schema(summary="Hand-overs of running mandates that you may see, what is due first"))
class HandOverList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = HandOverOut
    filterset_class = HandOverFilter
    queryset = HandOver.objects.none()

    def get_queryset(self) -> QuerySet[HandOver]:
        if getattr(self, "swagger_fake_view", False):
            return HandOver.objects.none()
        return HandOver.objects.visible_to(self.request.user).for_list()


class HandOverDetail(APIView):
    @extend_schema(responses={200: HandOverOut, 404: ErrorOut}, summary="One hand-over")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(HandOverOut(visible_hand_over(request, public_id)).data)


class HandOverChoose(APIView):
    @extend_schema(request=HandOverChoiceIn, responses={200: HandOverOut, **REFUSALS}, summary="Choose as the client")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = visible_hand_over(request, public_id, "brokers.choose_hand_over")
        given = read(request, HandOverChoiceIn)
        broker = None
        if "to_broker" in given:
            broker = Organization.objects.filter(public_id=given["to_broker"]).first()
            if broker is None:
                raise DomainError(_("There is no organization with this id."), field="to_broker")
        choose_hand_over(hand_over=found, choice=given["choice"], to_broker=broker, by=request.user, at=timezone.now())
        return Response(HandOverOut(visible_hand_over(request, public_id)).data)


class HandOverSettle(APIView):
    @extend_schema(
        request=HandOverSettleIn,
        responses={200: HandOverOut, **REFUSALS},
        summary="Settle what the client left open, as officer",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = visible_hand_over(request, public_id, "brokers.settle_hand_over")
        given = read(request, HandOverSettleIn)
        settle_hand_over(hand_over=found, by=request.user, at=timezone.now(), **given)
        return Response(HandOverOut(visible_hand_over(request, public_id)).data)
