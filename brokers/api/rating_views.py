"""Ratings for programs: what both sides and officers may do with them."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.roles import Permission, has_permission
from brokers.api.fee_serializers import EmptyIn
from brokers.api.fee_views import REFUSALS, allowed
from brokers.api.register_serializers import RatingChangeIn, RatingIn, RatingOut, RatingWordsIn, TextReasonIn
from brokers.models import BrokeredDeal, Rating, RatingText
from brokers.queries.ratings import readable_texts
from brokers.services.ratings.moderate import hide_text, keep_text, report_text
from brokers.services.ratings.rate import edit_rating, rate
from brokers.services.ratings.respond import answer_rating, reply_to_answer
from marketplace.core.api import ErrorOut, read, refuse_unknown


def visible(request: SignedInApiRequest, public_id: UUID) -> Rating:
    return get_object_or_404(Rating.objects.visible_to(request.user).for_list(), public_id=public_id)


def shown(request: SignedInApiRequest, rating: Rating) -> Any:
    return RatingOut(visible(request, rating.public_id)).data


def readable(request: SignedInApiRequest, public_id: UUID) -> RatingText:
    return get_object_or_404(readable_texts(request.user), public_id=public_id)


@extend_schema_view(get=extend_schema(summary="Ratings that your organizations gave or got, newest first"))
class RatingList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = RatingOut
    filter_backends = ()
    queryset = Rating.objects.none()

    def get_queryset(self) -> QuerySet[Rating]:
        if getattr(self, "swagger_fake_view", False):
            return Rating.objects.none()
        refuse_unknown(self.request, (), paged=True)
        return Rating.objects.visible_to(self.request.user).for_list()

    @extend_schema(
        request=RatingIn, responses={201: RatingOut, **REFUSALS}, summary="Rate the broker of a closed deal, once"
    )
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, RatingIn)
        organization = getattr(request._request, "organization", None)
        if organization is None or not has_permission(request.user, Permission.RATE_BROKERS, organization):
            raise PermissionDenied
        deal = get_object_or_404(BrokeredDeal.objects.visible_to(request.user), public_id=given.pop("deal"))
        made = rate(deal=deal, organization=organization, by=request.user, at=timezone.now(), **given)
        return Response(shown(request, made), status=status.HTTP_201_CREATED)


class RatingDetail(APIView):
    @extend_schema(responses={200: RatingOut, 404: ErrorOut}, summary="One rating with its texts")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(shown(request, visible(request, public_id)))

    @extend_schema(
        request=RatingChangeIn, responses={200: RatingOut, **REFUSALS}, summary="Change your rating within 14 days"
    )
    def patch(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = visible(request, public_id)
        allowed(request, "brokers.edit_rating", found)
        given = read(request, RatingChangeIn)
        return Response(shown(request, edit_rating(rating=found, by=request.user, at=timezone.now(), **given)))


class RatingAnswer(APIView):
    @extend_schema(
        request=RatingWordsIn, responses={200: RatingOut, **REFUSALS}, summary="Answer a rating as the broker"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = visible(request, public_id)
        allowed(request, "brokers.answer_rating", found)
        answer_rating(rating=found, by=request.user, at=timezone.now(), **read(request, RatingWordsIn))
        return Response(shown(request, found))


class RatingReply(APIView):
    @extend_schema(
        request=RatingWordsIn, responses={200: RatingOut, **REFUSALS}, summary="Reply to the broker's answer"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = visible(request, public_id)
        allowed(request, "brokers.reply_rating", found)
        reply_to_answer(rating=found, by=request.user, at=timezone.now(), **read(request, RatingWordsIn))
        return Response(shown(request, found))


class TextReport(APIView):
    @extend_schema(request=TextReasonIn, responses={204: None, **REFUSALS}, summary="Report a text to the officers")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        text = readable(request, public_id)
        report_text(text=text, by=request.user, at=timezone.now(), **read(request, TextReasonIn))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TextHide(APIView):
    @extend_schema(
        request=TextReasonIn, responses={200: RatingOut, **REFUSALS}, summary="Hide a text with a reason, as officer"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        text = readable(request, public_id)
        allowed(request, "brokers.moderate_text", text)
        hide_text(text=text, by=request.user, at=timezone.now(), **read(request, TextReasonIn))
        return Response(shown(request, text.rating))


class TextKeep(APIView):
    @extend_schema(request=EmptyIn, responses={200: RatingOut, **REFUSALS}, summary="Let a reported text stand")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        text = readable(request, public_id)
        allowed(request, "brokers.moderate_text", text)
        read(request, EmptyIn)
        keep_text(text=text, by=request.user, at=timezone.now())
        return Response(shown(request, text.rating))
