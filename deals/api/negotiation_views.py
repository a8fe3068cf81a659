from typing import Any
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

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from brokers.api.fee_serializers import EmptyIn
from brokers.api.fee_views import REFUSALS, allowed
from brokers.models import Mandate
from deals.api.negotiation_serializers import (
    BringInIn,
    EntryOut,
    NegotiationCloseIn,
    NegotiationIn,
    NegotiationOut,
    NegotiationReopenIn,
    NegotiationRow,
    SaidIn,
)
from deals.enums.negotiation import EntryKind
from deals.filters.negotiation import NegotiationFilter
from deals.models import Entry, Negotiation, TransferRequest
from deals.queries.negotiation import thread
from deals.services.negotiation.brokers import bring_in, let_go
from deals.services.negotiation.close import close, reopen
from deals.services.negotiation.open import Opened, open_from_answer, open_from_request
from deals.services.negotiation.say import Said, meet, reply, say
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import PARAMETER, idempotency_key
from matching.models import NeedAnswer


def visible(request: SignedInApiRequest, public_id: UUID) -> Negotiation:
    rows = Negotiation.objects.visible_to(request.user).for_page()
    return get_object_or_404(rows, public_id=public_id)


def shown(request: SignedInApiRequest, negotiation: Negotiation) -> Any:
    """As it is in the database now."""
    return NegotiationOut(visible(request, negotiation.public_id)).data


def own_mandate(request: SignedInApiRequest, public_id: UUID | None) -> Mandate | None:
    """Raises `DomainError` where the user sees no such mandate."""
    if public_id is None:
        return None
    found = Mandate.objects.visible_to(request.user).select_related("client", "broker")
    mandate = found.filter(public_id=public_id).first()
    if mandate is None:
        raise DomainError(_("There is no mandate of yours with this id."), field="mandate")
    return mandate


@extend_schema_view(get=extend_schema(summary="Negotiations of your organizations, newest first"))
class NegotiationList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = NegotiationRow
    filterset_class = NegotiationFilter
    queryset = Negotiation.objects.none()

    def get_queryset(self) -> QuerySet[Negotiation]:
        if getattr(self, "swagger_fake_view", False):
            return Negotiation.objects.none()
        return Negotiation.objects.visible_to(self.request.user).for_list()

    @extend_schema(
        request=NegotiationIn,
        responses={200: NegotiationOut, 201: NegotiationOut, **REFUSALS},
        summary="Begin a negotiation",
        description="201 for a new one; 200 when it had begun already.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, NegotiationIn)
        if ("request" in given) == ("need_answer" in given):
            raise DomainError(_("Name either a request or an answer to a need."), field="request")
        opened = _from_request(request, given) if "request" in given else _from_need(request, given)
        code = status.HTTP_201_CREATED if opened.is_new else status.HTTP_200_OK
        return Response(shown(request, opened.negotiation), status=code)


def _from_request(request: SignedInApiRequest, given: dict[str, Any]) -> Opened:
    rows = TransferRequest.objects.visible_to(request.user).for_page()
    transfer = get_object_or_404(rows, public_id=given["request"])
    allowed(request, "deals.begin_negotiation", transfer)
    mandate = own_mandate(request, given.get("mandate"))
    return open_from_request(request=transfer, mandate=mandate, text=given["text"], by=request.user, at=timezone.now())


def _from_need(request: SignedInApiRequest, given: dict[str, Any]) -> Opened:
    rows = NeedAnswer.objects.visible_to(request.user).select_related("need__organization", "listing__holder")
    answer = get_object_or_404(rows, public_id=given["need_answer"])
    allowed(request, "deals.begin_negotiation_from_need", answer)
    mandate, kind = own_mandate(request, given.get("mandate")), given.get("deal_kind", "")
    return open_from_answer(
        answer=answer, deal_kind=kind, mandate=mandate, text=given["text"], by=request.user, at=timezone.now()
    )


class NegotiationDetail(APIView):
    @extend_schema(
        responses={200: NegotiationOut, 404: ErrorOut}, summary="One negotiation with its thread, offers and brokers"
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(shown(request, visible(request, public_id)))


@extend_schema_view(get=extend_schema(summary="The thread of a negotiation, oldest line first"))
class NegotiationEntries(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = EntryOut
    queryset = Entry.objects.none()

    def get_queryset(self) -> QuerySet[Entry]:
        if getattr(self, "swagger_fake_view", False):
            return Entry.objects.none()
        return thread(visible(self.request, self.kwargs["public_id"]))

    @extend_schema(
        request=SaidIn,
        responses={200: EntryOut, 201: EntryOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Write a message, ask, answer a question, or write down a meeting",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        negotiation = visible(request, public_id)
        allowed(request, "deals.speak", negotiation)
        said = _said(request, negotiation, read(request, SaidIn))
        entry = negotiation.entries.for_page().select_related("offer").get(pk=said.entry.pk)
        code = status.HTTP_201_CREATED if said.is_new else status.HTTP_200_OK
        return Response(EntryOut(entry).data, status=code)


def _said(request: SignedInApiRequest, negotiation: Negotiation, given: dict[str, Any]) -> Said:
    act = {"by": request.user, "at": timezone.now(), "key": idempotency_key(request), "text": given["text"]}
    if given["kind"] == EntryKind.MEETING:
        if "meets_at" not in given:
            raise DomainError(_("Say when."), field="meets_at")
        return meet(negotiation=negotiation, meets_at=given["meets_at"], place=given["place"], **act)
    if given["kind"] == EntryKind.ANSWER:
        questions = negotiation.entries.filter(kind=EntryKind.QUESTION, serial=given.get("reply_to") or 0)
        question = questions.select_related("negotiation__holder", "negotiation__firm").first()
        if question is None:
            raise DomainError(_("There is no question with this number."), field="reply_to")
        allowed(request, "deals.reply", question)
        return reply(question=question, **act)
    return say(negotiation=negotiation, kind=given["kind"], **act)


class NegotiationClose(APIView):
    @extend_schema(
        request=NegotiationCloseIn, responses={200: NegotiationOut, **REFUSALS}, summary="Close it without a contract"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        negotiation = visible(request, public_id)
        allowed(request, "deals.close_negotiation", negotiation)
        given = read(request, NegotiationCloseIn)
        return Response(shown(request, close(negotiation=negotiation, by=request.user, at=timezone.now(), **given)))


class NegotiationReopen(APIView):
    @extend_schema(
        request=NegotiationReopenIn, responses={200: NegotiationOut, **REFUSALS}, summary="Take agreed terms up again"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        negotiation = visible(request, public_id)
        allowed(request, "deals.reopen_negotiation", negotiation)
        given = read(request, NegotiationReopenIn)
        return Response(shown(request, reopen(negotiation=negotiation, by=request.user, at=timezone.now(), **given)))


class NegotiationBrokers(APIView):
    @extend_schema(
        request=BringInIn, responses={200: NegotiationOut, **REFUSALS}, summary="Let a broker of your mandate take part"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        negotiation = visible(request, public_id)
        allowed(request, "deals.bring_in_broker", negotiation)
        given = read(request, BringInIn)
        mandate = own_mandate(request, given["mandate"])
        assert mandate is not None
        broker = mandate.broker
        if "broker" in given:
            broker = Organization.objects.filter(public_id=given["broker"]).first() or broker
            if broker.public_id != given["broker"]:
                raise DomainError(_("There is no broker with this id."), field="broker")
        bring_in(negotiation=negotiation, mandate=mandate, broker=broker, by=request.user, at=timezone.now())
        return Response(shown(request, negotiation))


class NegotiationBrokerLeave(APIView):
    @extend_schema(
        request=EmptyIn,
        responses={204: None, **REFUSALS},
        summary="A broker does not take part any more",
        description="By the side whose broker it is, or the broker itself. Its mandate stays as it is.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID, broker_id: UUID) -> Response:
        negotiation = visible(request, public_id)
        rows = negotiation.brokers.select_related("organization", "negotiation__holder", "negotiation__firm")
        part = get_object_or_404(rows, public_id=broker_id)
        if not request.user.has_perm("deals.let_broker_go", part):
            raise PermissionDenied
        read(request, EmptyIn)
        let_go(part=part, by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
