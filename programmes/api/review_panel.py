"""The panel of a call, for programs of officers and of its members."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.downloads import download
from programmes.api import review_serializers as given
from programmes.api.review_acting import answered, call_of, described
from programmes.enums.review import PanelistState
from programmes.models import Application, Panelist
from programmes.queries.review import my_panels, seats_of, to_score
from programmes.queries.ties import tie_with
from programmes.services.review import panel


class CallPanel(APIView):
    @extend_schema(
        responses={200: given.PanelistOut(many=True), 403: ErrorOut, 404: ErrorOut}, summary="A call's panel"
    )
    def get(self, request: SignedInApiRequest, number: str) -> Response:
        refuse_unknown(request, ())
        return Response(given.PanelistOut(seats_of(call_of(request, number)), many=True).data)

    @described(given.InviteIn, given.PanelistOut(many=True), "Invite somebody with a confirmed address to the panel")
    def post(self, request: SignedInApiRequest, number: str) -> Response:
        call = call_of(request, number)
        body = read(request, given.InviteIn)

        def act() -> Any:
            panel.invite(call=call, by=request.user, at=timezone.now(), **body)
            return given.PanelistOut(seats_of(call), many=True).data

        return answered(request, body, act)


class CallPanelRemove(APIView):
    @described(given.NothingIn, given.PanelistOut(many=True), "Take a member out of the panel")
    def post(self, request: SignedInApiRequest, number: str, public_id: UUID) -> Response:
        call = call_of(request, number)
        read(request, given.NothingIn)
        seat = get_object_or_404(call.panelists.select_related("call__office"), public_id=public_id)

        def act() -> Any:
            panel.remove(panelist=seat, by=request.user, at=timezone.now())
            return given.PanelistOut(seats_of(call), many=True).data

        return answered(request, {}, act)


class PanelList(APIView):
    @extend_schema(responses={200: given.SeatOut(many=True)}, summary="Panels that you are on, or asked to join")
    def get(self, request: SignedInApiRequest) -> Response:
        refuse_unknown(request, ())
        return Response(given.SeatOut(my_panels(request.user), many=True).data)


def _seat(request: SignedInApiRequest, public_id: UUID) -> Panelist:
    return get_object_or_404(my_panels(request.user), public_id=public_id)


class PanelAnswer(APIView):
    @described(given.InvitationAnswerIn, given.SeatOut, "Say whether you join a panel")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        seat = _seat(request, public_id)
        body = read(request, given.InvitationAnswerIn)

        def act() -> Any:
            done = panel.answer_invitation(panelist=seat, by=request.user, at=timezone.now(), **body)
            return given.SeatOut(done).data

        return answered(request, body, act)


@extend_schema_view(
    get=extend_schema(summary="Applications to declare on and to score; what is to be done comes first")
)
class PanelApplications(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = given.ToScoreRow
    filter_backends = ()
    queryset = Application.objects.none()

    def get_queryset(self) -> QuerySet[Application]:
        if getattr(self, "swagger_fake_view", False):
            return Application.objects.none()
        refuse_unknown(self.request, (), paged=True)
        seat = _seat(self.request, self.kwargs["public_id"])
        return to_score(seat) if seat.state == PanelistState.ACCEPTED else Application.objects.none()


def _to_score(request: SignedInApiRequest, public_id: UUID, application: UUID) -> tuple[Panelist, Application]:
    seat = _seat(request, public_id)
    rows = to_score(seat) if seat.state == PanelistState.ACCEPTED else Application.objects.none()
    return seat, get_object_or_404(rows, public_id=application)


def _is_free(request: SignedInApiRequest, asked: Application) -> bool:
    """Whether the member declared no tie to the applicant, and has none."""
    readable = Application.objects.readable_by_panel(request.user).filter(pk=asked.pk).exists()
    return readable and not tie_with(request.user, asked.organization)


def _readable(request: SignedInApiRequest, public_id: UUID, application: UUID) -> Application:
    """One whose papers the member reads; any other has none (404)."""
    _seat, asked = _to_score(request, public_id, application)
    if not _is_free(request, asked):
        raise Http404
    return asked


def _scored(request: SignedInApiRequest, public_id: UUID, application: UUID) -> Any:
    seat, asked = _to_score(request, public_id, application)
    is_free, transfer = _is_free(request, asked), asked.transfer
    papers = asked.documents.filter(replaced_at=None).order_by("key", "pk") if is_free else ()
    asked.papers = papers  # type: ignore[attr-defined]
    asked.has_contract = is_free and transfer is not None and transfer.is_declared  # type: ignore[attr-defined]
    score = seat.scores.filter(application=asked).first() if is_free else None
    asked.plan = asked.plan if is_free else None
    asked.points = score.points if score else None  # type: ignore[attr-defined]
    asked.handed_in_at = score.handed_in_at if score else None  # type: ignore[attr-defined]
    return given.ToScoreOut(asked).data


class PanelApplication(APIView):
    @extend_schema(
        responses={200: given.ToScoreOut, 404: ErrorOut},
        summary="One application for a panel member; its plan only once it is declared that there is no tie",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID, application: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(_scored(request, public_id, application))


FILE = {(200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The file as it was sent"), 404: ErrorOut}


class PanelPaper(APIView):
    @extend_schema(responses=FILE, summary="A paper of an application, once it is declared that there is no tie")
    def get(self, request: SignedInApiRequest, public_id: UUID, application: UUID, paper: UUID) -> HttpResponseBase:
        refuse_unknown(request, ())
        found = get_object_or_404(_readable(request, public_id, application).documents, public_id=paper)
        return download(found.file, name=found.name, type=found.type)


class PanelContract(APIView):
    @extend_schema(responses=FILE, summary="The contract that the firm entered itself, for whoever reads its papers")
    def get(self, request: SignedInApiRequest, public_id: UUID, application: UUID) -> HttpResponseBase:
        refuse_unknown(request, ())
        transfer = _readable(request, public_id, application).transfer
        if transfer is None or not transfer.is_declared:  # one that was concluded here is no paper of the application
            raise Http404
        return download(transfer.document, name=transfer.document_name, type=transfer.document_type)


class PanelDeclare(APIView):
    @described(given.DeclarationIn, given.ToScoreOut, "Say once whether you have a tie to the applicant")
    def post(self, request: SignedInApiRequest, public_id: UUID, application: UUID) -> Response:
        seat, asked = _to_score(request, public_id, application)
        body = read(request, given.DeclarationIn)

        def act() -> Any:
            panel.declare(panelist=seat, application=asked, by=request.user, at=timezone.now(), **body)
            return _scored(request, public_id, application)

        return answered(request, body, act)


class PanelScore(APIView):
    @described(given.ScoreIn, given.ToScoreOut, "Keep points by criterion, or hand them in")
    def post(self, request: SignedInApiRequest, public_id: UUID, application: UUID) -> Response:
        seat, asked = _to_score(request, public_id, application)
        body = read(request, given.ScoreIn)

        def act() -> Any:
            panel.save_score(panelist=seat, application=asked, by=request.user, at=timezone.now(), **body)
            return _scored(request, public_id, application)

        return answered(request, body, act)
