"""Officers on applications, for programs: the same rules, filters and services as the pages."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from brokers.api import office_serializers as given
from brokers.api.fee_serializers import EmptyIn
from brokers.api.fee_views import REFUSALS
from brokers.enums.registration import RegistrationKind
from brokers.filters.office import ApplicationApiFilter
from brokers.models import Application, RequirementVersion
from brokers.queries.office import office_page, queue
from brokers.services.office import check_documents, hear_others
from brokers.services.office.refuse import decide_objection, refuse
from brokers.services.office.register import register
from marketplace.core.api import ErrorOut, read, refuse_unknown


def for_officers(request: SignedInApiRequest) -> None:
    if not request.user.has_perm("brokers.govern_brokers"):
        raise PermissionDenied(_("Only officers who register brokers may see this."))


@extend_schema_view(
    get=extend_schema(
        summary="Applications for registration as a broker, for officers, the longest waiting first",
        responses={200: given.OfficeApplicationRow(many=True), 403: ErrorOut},
    )
)
class OfficeApplicationList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = given.OfficeApplicationRow
    filterset_class = ApplicationApiFilter
    queryset = Application.objects.none()

    def get_queryset(self) -> QuerySet[Application]:
        if getattr(self, "swagger_fake_view", False):
            return Application.objects.none()
        for_officers(self.request)
        return queue(self.request.user)


def visible(request: SignedInApiRequest, public_id: UUID) -> Application:
    for_officers(request)
    return get_object_or_404(office_page(request.user), public_id=public_id)


def shown(request: SignedInApiRequest, public_id: UUID) -> Response:
    """As it is in the database now."""
    context = {"user": request.user, "today": timezone.localdate()}
    return Response(given.OfficeApplicationOut(visible(request, public_id), context=context).data)


class OfficeApplicationDetail(APIView):
    @extend_schema(
        responses={200: given.OfficeApplicationOut, 403: ErrorOut, 404: ErrorOut},
        summary="One application: what was handed in, its check, what happened, what may be done",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return shown(request, public_id)


class OfficeAct(APIView):
    """What every act has in common: who may, the body, the service, the application as it is then."""

    body: ClassVar[type[Any]]
    permission: ClassVar[str] = "brokers.act_on_application"
    service: ClassVar[Callable[..., Any]]

    def act(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        application = visible(request, public_id)
        if not request.user.has_perm(self.permission, application):
            raise PermissionDenied
        body = read(request, self.body)
        type(self).service(application=application, by=request.user, at=timezone.now(), **body)
        return shown(request, public_id)


def _described(body: Any, summary: str, description: str = "") -> Any:
    responses = {200: given.OfficeApplicationOut, **REFUSALS}
    return extend_schema(request=body, responses=responses, summary=summary, description=description or None)


class OfficeTakeUp(OfficeAct):
    body, service = EmptyIn, staticmethod(check_documents.take_up)

    @_described(EmptyIn, "Take an application up")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class OfficeAskCompletion(OfficeAct):
    body, service = given.OfficeCompletionIn, staticmethod(check_documents.ask_completion)

    @_described(given.OfficeCompletionIn, "Ask the applicant to complete it, part by part")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class OfficePass(OfficeAct):
    body, service = given.OfficePassIn, staticmethod(check_documents.pass_to_advice)

    @_described(given.OfficePassIn, "The documents are complete: pass it on to advice")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class OfficeAdvice(OfficeAct):
    body, service = given.OfficeAdviceIn, staticmethod(hear_others.record_advice)

    @_described(given.OfficeAdviceIn, "Record what somebody advised")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class OfficeCommittee(OfficeAct):
    body, service = given.OfficeCommitteeIn, staticmethod(hear_others.put_before_committee)

    @_described(given.OfficeCommitteeIn, "Put a trader before the committee")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class OfficeSession(OfficeAct):
    body, service = given.OfficeSessionIn, staticmethod(hear_others.record_session)

    @_described(given.OfficeSessionIn, "Record the session of the committee")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class OfficeTraining(OfficeAct):
    body, service = given.OfficeTrainingIn, staticmethod(hear_others.ask_training)

    @_described(given.OfficeTrainingIn, "Training is outstanding")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class OfficeRegister(OfficeAct):
    body, service, permission = given.OfficeRegisterIn, staticmethod(register), "brokers.register_application"

    @_described(
        given.OfficeRegisterIn, "Register the applicant and publish it",
        "Never by who checked the documents. 409 while a requirement is missing.",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class OfficeRefuse(OfficeAct):
    body, service = given.OfficeRefuseIn, staticmethod(refuse)

    @_described(given.OfficeRefuseIn, "Refuse an application with reasons")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class OfficeObjection(OfficeAct):
    body, service, permission = given.OfficeObjectionIn, staticmethod(decide_objection), "brokers.decide_objection"

    @_described(given.OfficeObjectionIn, "Decide on an objection", "Never by who refused it or checked its documents.")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


# --- requirements, for everybody --------------------------------------------------------------------------------------


def in_force() -> set[int]:
    today = timezone.localdate()
    rows = (RequirementVersion.objects.in_force_on(today, kind) for kind in RegistrationKind.values)
    return {version.pk for found in rows for version in found}


@extend_schema_view(get=extend_schema(summary="Versions of what a registration as a broker needs, the newest first"))
class RequirementVersionList(generics.ListAPIView):
    permission_classes = [AllowAny]
    serializer_class = given.RequirementVersionOut
    filter_backends = ()
    queryset = RequirementVersion.objects.none()

    def get_queryset(self) -> QuerySet[RequirementVersion]:
        if getattr(self, "swagger_fake_view", False):
            return RequirementVersion.objects.none()
        refuse_unknown(self.request, (), paged=True)
        rows = RequirementVersion.objects.visible_to(self.request.user).prefetch_related("requirements")
        return rows.order_by("kind", "-valid_from", "-pk")

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"in_force": in_force()}


class RequirementVersionDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        responses={200: given.RequirementVersionOut, 404: ErrorOut}, summary="One version of the requirements"
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        rows = RequirementVersion.objects.visible_to(request.user).prefetch_related("requirements")
        version = get_object_or_404(rows, public_id=public_id)
        return Response(given.RequirementVersionOut(version, context={"in_force": in_force()}).data)
