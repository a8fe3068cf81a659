"""One error shape for the whole API, and filters that refuse what they do not know (lessons F56).

{"code": "validation_error", "detail": "…",
 "errors": [{"field": "trl", "code": "invalid", "message": "…", "value": "x"}]}
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import exceptions, serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler
from rest_framework.views import set_rollback

from marketplace.core.errors import DomainError, is_lock_timeout

ALWAYS_ALLOWED = {"format"}
PAGING = {LimitOffsetPagination.limit_query_param, LimitOffsetPagination.offset_query_param}


class FieldErrorOut(serializers.Serializer):
    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    value = serializers.CharField(allow_null=True)


class ErrorOut(serializers.Serializer):
    """The body of every refusal."""

    code = serializers.CharField()
    detail = serializers.CharField()
    errors = FieldErrorOut(many=True)  # type: ignore[assignment]  # a field of that name hides a property


def refuse_unknown(request: Request, known: Iterable[str], *, paged: bool = False) -> None:
    """Raise `ValidationError` that names each query parameter not in `known`; `paged` lists know limit and offset."""
    unknown = sorted(set(request.query_params) - set(known) - ALWAYS_ALLOWED - (PAGING if paged else set()))
    if unknown:
        raise exceptions.ValidationError({name: [_("There is no such parameter.")] for name in unknown}, "unknown")


def read(request: Request, serializer: "type[serializers.Serializer[Any]]") -> dict[str, Any]:
    """The body as `serializer` takes it; the address has no query. Raises `ValidationError`."""
    refuse_unknown(request, ())
    data = serializer(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)


class StrictFilterBackend(DjangoFilterBackend):
    """The page's FilterSet for the API. Unknown parameters are an error, not silence."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        filterset_class = self.get_filterset_class(view, queryset)
        known: set[str] = set()
        if filterset_class is not None:
            form = filterset_class(request.query_params, queryset=queryset, request=request).form
            known = {field.html_name for field in form}
        refuse_unknown(request, known, paged=getattr(view, "paginator", None) is not None)
        return super().filter_queryset(request, queryset, view)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal in one shape; the status says what kind it is."""
    if isinstance(exc, DomainError):
        set_rollback()
        errors = [_item(exc.field, exc.code, str(exc), None)] if exc.field else []
        return Response({"code": exc.code, "detail": str(exc), "errors": errors}, status=exc.status)
    if is_lock_timeout(exc):
        set_rollback()
        detail = _("Somebody else is changing this just now. Try again in a moment.")
        return Response({"code": "busy", "detail": detail, "errors": []}, status=503, headers={"Retry-After": "3"})
    if isinstance(exc, RequestDataTooBig):
        detail = _("At most %(most)d MB can be sent at once.") % {"most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20}
        return Response({"code": "too_large", "detail": detail, "errors": []}, status=413)
    response = drf_exception_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, exceptions.ValidationError):
        request = context.get("request")
        sent = _sent(request) if request is not None else {}
        errors = list(_flatten(exc.get_full_details(), sent))
        body = {"code": "validation_error", "detail": _("The request has mistakes. See errors."), "errors": errors}
    elif isinstance(exc, (Http404, exceptions.NotFound)):
        body = {"code": "not_found", "detail": _("There is nothing here, or it is not for you to see."), "errors": []}
    elif isinstance(exc, DjangoPermissionDenied):
        body = {"code": "permission_denied", "detail": _("You may see this, but not do it."), "errors": []}
    elif _is_key_at_what_is_for_people(exc, context.get("request")):
        detail = _("A key of an organization does not open this. Send the API token of a person.")
        body = {"code": "key_not_for_this", "detail": detail, "errors": []}
    else:
        code = exc.get_codes() if isinstance(exc, exceptions.APIException) else "error"
        body = {
            "code": code if isinstance(code, str) else "error",
            "detail": str(getattr(exc, "detail", exc)),
            "errors": [],
        }
    response.data = body
    return response


def _is_key_at_what_is_for_people(exc: Exception, request: Request | None) -> bool:
    """Somebody got in who is no person, and nothing else was wrong."""
    is_refused = isinstance(exc, exceptions.PermissionDenied) and exc.get_codes() == "permission_denied"
    return is_refused and request is not None and request.auth is not None and not request.user.is_authenticated


def _sent(request: Request) -> dict[str, Any]:
    try:
        data = request.data
    except Exception:  # the body could not be parsed: that is what is being reported
        data = {}
    query = request.query_params.dict()
    return query | dict(data.items()) if hasattr(data, "items") else query


def _item(field: str, code: str, message: str, value: Any) -> dict[str, Any]:
    shown = None if value is None or hasattr(value, "read") else str(value)[:200]
    return {"field": field, "code": code, "message": message, "value": shown}


def _flatten(details: Any, sent: dict[str, Any], path: str = "") -> Iterable[dict[str, Any]]:
    if (
        isinstance(details, dict)
        and set(details) == {"message", "code"}
        and not isinstance(details["message"], (dict, list))
    ):
        yield _item(
            path or "non_field_errors", str(details["code"]), str(details["message"]), sent.get(path.split(".")[0])
        )
    elif isinstance(details, dict):
        for name, inner in details.items():
            yield from _flatten(inner, sent, f"{path}.{name}" if path else str(name))
    elif isinstance(details, list):
        for number, inner in enumerate(details):
            nested = isinstance(inner, dict) and set(inner) != {"message", "code"}
            yield from _flatten(inner, sent, f"{path}.{number}" if nested else path)
