"""Compare and choose, for the firm that an offer was made to; and what is usual, for everybody."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
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
from deals.api.studio_serializers import (
    ChoiceOut,
    ChooseIn,
    ComparisonOut,
    ForecastIn,
    ForecastOut,
    UsualRatesOut,
)
from deals.enums.negotiation import Side
from deals.models import Choice, Offer
from deals.queries.studio import running_offers, saved_forecast, ways
from deals.services.studio.choose import choose
from deals.services.studio.save_forecast import save_forecast
from deals.terms import Forecast, bands, check_forecast, compare, sources
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.errors import DomainError

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def of_the_firm(request: SignedInApiRequest, public_id: UUID) -> Offer:
    """As on the page: for everybody but the firm there is no such thing."""
    found = get_object_or_404(Offer.objects.visible_to(request.user).for_page(), public_id=public_id)
    if found.side != Side.HOLDER or not request.user.has_perm("deals.see_studio", found):
        raise Http404
    return found


def compared(offer: Offer, forecast: Forecast) -> dict[str, Any]:
    """Raises `DomainError` naming the field of the forecast."""
    today, shown = timezone.localdate(), ways(offer)
    if problems := check_forecast(forecast, today):
        raise DomainError(problems[0].text, field=problems[0].field)
    made = compare({each.key: each.terms for each in shown}, forecast, today)
    stored = made.to_json()
    options = [
        {"title": way.option.title, "method": way.option.method, "terms": way.option.terms} | outcome
        for way, outcome in zip(shown, stored["outcomes"], strict=True)
    ]
    return {
        "signed_on": made.signed_on,
        "forecast": forecast,
        "years": stored["years"],
        "options": options,
        "digest": made.digest,
    }


class OfferCompare(APIView):
    @extend_schema(
        request=ForecastIn,
        responses={200: ComparisonOut, **REFUSALS},
        summary="What each option of an offer costs under a forecast",
        description="Nothing is stored. Only members of the firm that the offer was made to find it.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        found = of_the_firm(request, public_id)
        data = ForecastIn(data=request.data)
        data.is_valid(raise_exception=True)
        return Response(ComparisonOut(compared(found, data.forecast())).data)


class OfferForecast(APIView):
    @extend_schema(responses={200: ForecastOut, 404: ErrorOut}, summary="The forecast that your firm has saved")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        saved = saved_forecast(of_the_firm(request, public_id))
        if saved is None:
            raise Http404
        return Response(ForecastOut(saved).data)

    @extend_schema(request=ForecastIn, responses={200: ForecastOut, **REFUSALS}, summary="Save what your firm expects")
    def put(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        found = of_the_firm(request, public_id)
        if not request.user.has_perm("deals.choose_option", found):
            raise PermissionDenied
        data = ForecastIn(data=request.data)
        data.is_valid(raise_exception=True)
        sales = data.forecast()
        save_forecast(negotiation=found.negotiation, sales=sales, by=request.user, at=timezone.now())
        return Response(ForecastOut(sales).data)


class OfferChoose(APIView):
    @extend_schema(
        request=ChooseIn,
        responses={200: ChoiceOut, **REFUSALS},
        summary="Choose an option under the saved forecast",
        description="Kept as evidence; binds nobody before the offer is accepted. The same pick twice is one choice.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        found = of_the_firm(request, public_id)
        if not request.user.has_perm("deals.choose_option", found):
            raise PermissionDenied
        data = ChooseIn(data=request.data)
        data.is_valid(raise_exception=True)
        option = found.options.filter(public_id=data.validated_data["option"]).first()
        if option is None:
            raise DomainError(_("Choose one of the ways to pay of this offer."), field="option")
        made = choose(option=option, seen=data.validated_data.get("seen"), by=request.user, at=timezone.now())
        return Response(ChoiceOut(made).data)


@extend_schema_view(get=extend_schema(summary="What your firm has chosen among the options of an offer, newest first"))
class OfferChoices(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = ChoiceOut
    queryset = Choice.objects.none()

    def get_queryset(self) -> QuerySet[Choice]:
        if getattr(self, "swagger_fake_view", False):
            return Choice.objects.none()
        found = of_the_firm(self.request, self.kwargs["public_id"])
        rows = Choice.objects.visible_to(self.request.user).filter(option__offer=found)
        return rows.select_related("option").order_by("-chosen_at", "-pk")


class UsualRates(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(responses={200: UsualRatesOut}, summary="Usual running royalties, and what institutes offer")
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ())
        counted = running_offers()
        found = {
            "bands": bands(),
            "sources": sources(),
            "offers_of_institutes": counted if counted.is_shown else None,
        }
        return Response(UsualRatesOut(found).data)
