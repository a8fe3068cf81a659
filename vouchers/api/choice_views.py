"""How a firm comes to its provider, for programs: the same search, the same frozen choice as on the pages."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.idempotency import NEEDED, OFFERED, needed_key
from programmes.api.review_acting import answered
from vouchers.api.choice_serializers import (
    ChoiceDropIn,
    ProviderChoiceIn,
    ProviderChoiceOut,
    ProviderSearchOut,
    QuotationsAskIn,
)
from vouchers.api.order_serializers import VoucherQuotationOut
from vouchers.models import ProviderChoice, Voucher
from vouchers.queries.orders import ASKABLE, search
from vouchers.services.orders.choose import ask_quotations, drop_choice, keep_search

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def usable(request: SignedInApiRequest, public_id: UUID) -> Voucher:
    """404 where it is not visible, 403 for whom does not choose its providers."""
    voucher = get_object_or_404(Voucher.objects.visible_to(request.user).for_page(), public_id=public_id)
    if not request.user.has_perm("vouchers.use", voucher):
        raise PermissionDenied
    return voucher


def shown(request: SignedInApiRequest, public_id: UUID) -> Any:
    rows = ProviderChoice.objects.visible_to(request.user).for_list().prefetch_related(
        "quotations__provider", "quotations__choice__voucher__holder"
    )  # fmt: skip
    return ProviderChoiceOut(get_object_or_404(rows, public_id=public_id)).data


class ProviderSearch(APIView):
    @extend_schema(
        responses={200: ProviderSearchOut, **REFUSALS},
        summary="Who can be chosen, in the neutral order of the day",
        description="Takes the filters of the public register: " + ", ".join(ASKABLE) + ".",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        usable(request, public_id)
        refuse_unknown(request, ASKABLE)
        day = timezone.localdate()
        filters, found = search(dict(request.query_params.lists()), day=day)
        if found is None:
            raise ValidationError({name: list(errors) for name, errors in filters.form.errors.items()})
        return Response(ProviderSearchOut({"order_of": day, "found": found.many, "providers": found.as_kept()}).data)


class ProviderChoices(APIView):
    @extend_schema(
        responses={200: ProviderChoiceOut(many=True), 403: ErrorOut, 404: ErrorOut},
        summary="Searches of a voucher that were kept, newest first",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        voucher = get_object_or_404(Voucher.objects.visible_to(request.user), public_id=public_id)
        rows = ProviderChoice.objects.visible_to(request.user).filter(voucher=voucher).for_list().prefetch_related(
            "quotations__provider", "quotations__choice__voucher__holder"
        )  # fmt: skip
        return Response(ProviderChoiceOut(rows, many=True).data)

    @extend_schema(
        request=ProviderChoiceIn, parameters=[NEEDED],
        responses={200: ProviderChoiceOut, 201: ProviderChoiceOut, **REFUSALS},
        summary="Keep a search: what was asked, and whom it found",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        voucher = usable(request, public_id)
        given, key = read(request, ProviderChoiceIn), needed_key(request)
        known = voucher.choices.filter(key=key).exists()
        kept = keep_search(
            voucher=voucher, service=given["service"], query=given.get("query", {}), order_of=given["order_of"],
            by=request.user, at=timezone.now(), key=key,
        )  # fmt: skip
        code = status.HTTP_200_OK if known else status.HTTP_201_CREATED
        return Response(shown(request, kept.public_id), status=code)


class ProviderChoiceDetail(APIView):
    @extend_schema(responses={200: ProviderChoiceOut, 404: ErrorOut}, summary="A kept search with its outcome")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(shown(request, public_id))


def choice_for(request: SignedInApiRequest, public_id: UUID) -> ProviderChoice:
    rows = ProviderChoice.objects.visible_to(request.user).select_related("voucher")
    return get_object_or_404(rows, public_id=public_id)


class ProviderChoiceAsk(APIView):
    @extend_schema(
        request=QuotationsAskIn,
        parameters=[OFFERED],
        responses={200: VoucherQuotationOut(many=True), **REFUSALS},
        summary="Ask some of those seen for a quotation",
        description="Who was asked before is not asked again; the answer names those who were asked now.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        choice = choice_for(request, public_id)
        given = read(request, QuotationsAskIn)

        def act() -> Any:
            made = ask_quotations(choice=choice, by=request.user, at=timezone.now(), **given)
            return VoucherQuotationOut(made, many=True).data

        return answered(request, given, act)


class ProviderChoiceDrop(APIView):
    @extend_schema(
        request=ChoiceDropIn, responses={200: ProviderChoiceOut, **REFUSALS}, summary="Take nobody, and say why",
        parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        choice = choice_for(request, public_id)
        given = read(request, ChoiceDropIn)

        def act() -> Any:
            drop_choice(choice=choice, by=request.user, at=timezone.now(), **given)
            return shown(request, public_id)

        return answered(request, given, act)
