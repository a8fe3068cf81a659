from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from marketplace.core import health
from marketplace.core.errors import ChangedMeanwhile, DomainError, is_lock_timeout
from marketplace.core.pages import page_above
from marketplace.core.states import IllegalTransition
from marketplace.core.views import page_not_found

GetResponse = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """Answers `/healthz` and `/readyz` before anything that needs a session, a host name or the database."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return health.healthz()
        if request.path == "/readyz":
            return health.readyz()
        return self.get_response(request)


def announced_length(meta: Mapping[str, Any]) -> int:
    """The bytes a body is said to have; a WSGI server reads no further."""
    text = str(meta.get("CONTENT_LENGTH") or "")
    return int(text) if text.isdecimal() and len(text) < 20 else 0


class AskedLanguageMiddleware:
    """`?lang=en` on a page asks for it in that language, this once: addresses that crawlers and mails can name.

    Programs ask by their headers, and of the description in its own way; the page about it is a page.
    """

    FOR_PROGRAMS = ("/api/v1/", "/api/schema/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("lang")
        if asked in dict(settings.LANGUAGES) and not request.path.startswith(self.FOR_PROGRAMS):
            translation.activate(str(asked))
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
        return self.get_response(request)


class BodySizeMiddleware:
    """Refuses a body larger than any upload by its announced length, before anything writes it to the disk.

    Views check again what they take; this one is for whoever sends without being asked, signed in or not.
    """

    ROOM_FOR_OTHER_FIELDS = 1 << 20

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if announced_length(request.META) <= settings.UPLOAD_MAX_BYTES + self.ROOM_FOR_OTHER_FIELDS:
            return self.get_response(request)
        detail = _("At most %(most)d MB can be sent at once.") % {"most": settings.UPLOAD_MAX_BYTES >> 20}
        if request.path.startswith("/api/"):
            return JsonResponse({"code": "too_large", "detail": detail, "errors": []}, status=413)
        return render(request, "413.html", {"message": detail}, status=413)


class DomainErrorMiddleware:
    """A refusal that a page did not turn into a form error: a page in style with the sentence, never a 500.

    In development too: whoever tries the product out follows old and wrong links, and Django would list all addresses.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code == 404 and request.resolver_match is None:
            return page_not_found(request, Http404())
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if settings.DEBUG and isinstance(exception, Http404):
            return page_not_found(request, exception)
        if isinstance(exception, DomainError):
            template = f"{exception.status}.html" if exception.status in {403, 409} else "400.html"
            said: dict[str, Any] = {
                "message": str(exception),
                "has_changed": isinstance(exception, ChangedMeanwhile | IllegalTransition),
                "page": page_above(request.path_info) if request.method == "POST" else "",
            }
            return render(request, template, said, status=exception.status)
        if is_lock_timeout(exception):
            return render(request, "busy.html", status=503)
        return None


class ActAddressMiddleware:
    """Who asks with GET for an address that only takes a form gets to the page above it, where the form stands.

    A form that is refused is shown again at its own address, which people then open anew, keep, or come back to after
    signing in. The page above asks by itself who may see it; programs are told 405.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = request.method in {"GET", "HEAD"} and not request.path.startswith("/api/")
        if response.status_code != 405 or not is_page or "GET" in response.get("Allow", ""):
            return response
        query = request.META.get("QUERY_STRING", "")
        return redirect(page_above(request.path_info) + (f"?{query}" if query else ""))
