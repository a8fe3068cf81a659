"""JSON as it comes in and goes out: nothing a client may send ends in a server error."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework import exceptions, negotiation, parsers, renderers
from rest_framework.request import Request

from marketplace.core.middleware import announced_length


class ObjectParser(parsers.JSONParser):
    """A JSON object, as every call of this API takes one, of the size that forms may have.

    Raises `RequestDataTooBig` by the length that is announced (WSGI reads no further), `ParseError` otherwise.
    """

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        request = (parser_context or {}).get("request")
        if request is not None and announced_length(request.META) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError:
            data = None
        if not isinstance(data, dict):
            raise exceptions.ParseError(_("The body must be a JSON object, like {…}."))
        return data


class AnyTextRenderer(renderers.JSONRenderer):
    """Half a surrogate pair, quoted from what a client sent, is no UTF-8: an answer that holds one is escaped."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            self.ensure_ascii = True  # type: ignore[misc]  # a renderer lives for one answer
            return super().render(data, accepted_media_type, renderer_context)


class AnyAccept(negotiation.DefaultContentNegotiation):
    """Whatever a client says that it takes, it is answered as the description says (RFC 9110 §12.5.1 allows it): a file
    is asked for by the kind that it has, and of files no renderer knows."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except exceptions.NotAcceptable:
            return renderers[0], renderers[0].media_type
