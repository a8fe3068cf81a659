"""Objections and agreements, for programs of firms and officers."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.idempotency import needed_key
from programmes.api import review_serializers as given
from programmes.api.review_acting import answered, described, for_officers
from programmes.models import Agreement, Application, Objection
from programmes.queries.review import objections_of
from programmes.services.review.agreements import sign
from programmes.services.review.objections import (
    answer_objection,
    raise_objection,
    withdraw_objection,
)


@extend_schema_view(get=extend_schema(summary="Objections for officers: open ones first, by the day of their answer"))
class OfficeObjections(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = given.ObjectionOut
    filter_backends = ()
    queryset = Objection.objects.none()

    def get_queryset(self) -> QuerySet[Objection]:
        if getattr(self, "swagger_fake_view", False):
            return Objection.objects.none()
        for_officers(self.request)
        refuse_unknown(self.request, (), paged=True)
        return objections_of(self.request.user)


class OfficeObjectionAnswer(APIView):
    @described(given.ObjectionAnswerIn, given.ObjectionOut, "Answer an objection")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        for_officers(request)
        found = get_object_or_404(objections_of(request.user), public_id=public_id)
        body = read(request, given.ObjectionAnswerIn)

        def act() -> Any:
            done = answer_objection(objection=found, by=request.user, at=timezone.now(), **body)
            return given.ObjectionOut(done).data

        return answered(request, body, act)


def _own(request: SignedInApiRequest, public_id: UUID) -> Application:
    rows = Application.objects.of_members(request.user).exclude(number=None).for_page()
    return get_object_or_404(rows, public_id=public_id)


def _decision(request: SignedInApiRequest, public_id: UUID) -> Response:
    application = _own(request, public_id)
    found = application.objections.select_related("application").order_by("pk")
    application._prefetched_objects_cache = {"objections": found}  # type: ignore[attr-defined]
    context = {"until": application.object_by}
    return Response(given.DecisionOut(application, context=context).data)


class ApplicationDecision(APIView):
    @extend_schema(
        responses={200: given.DecisionOut, 404: ErrorOut}, summary="What was decided on your application, and why"
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return _decision(request, public_id)


class ApplicationObject(APIView):
    @described(given.ProgrammeObjectionIn, given.DecisionOut, "Object to a refusal", keyed=True)
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        application = _own(request, public_id)
        body, key = read(request, given.ProgrammeObjectionIn), needed_key(request)
        raise_objection(application=application, key=key, by=request.user, at=timezone.now(), **body)
        return _decision(request, public_id)


class ObjectionWithdraw(APIView):
    @described(given.NothingIn, given.ObjectionOut, "Take an objection back")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        read(request, given.NothingIn)
        rows = Objection.objects.filter(application__in=Application.objects.of_members(request.user))
        found = get_object_or_404(rows.select_related("application__organization"), public_id=public_id)

        def act() -> Any:
            return given.ObjectionOut(withdraw_objection(objection=found, by=request.user, at=timezone.now())).data

        return answered(request, {}, act)


def _agreement(request: SignedInApiRequest, public_id: UUID) -> Agreement:
    rows = Agreement.objects.visible_to(request.user).select_related("application")
    return get_object_or_404(rows, public_id=public_id)


class AgreementDetail(APIView):
    @extend_schema(
        responses={200: given.AgreementOut, 404: ErrorOut}, summary="An agreement, with the hash of its text"
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(given.AgreementOut(_agreement(request, public_id)).data)


class AgreementSign(APIView):
    @described(given.ProgrammeSignIn, given.AgreementOut, "Sign the agreement whose text was read")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = _agreement(request, public_id)
        body = read(request, given.ProgrammeSignIn)

        def act() -> Any:
            return given.AgreementOut(sign(agreement=found, by=request.user, at=timezone.now(), **body)).data

        return answered(request, body, act)
