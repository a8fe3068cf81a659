from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from marketplace.core import health
from marketplace.core.errors import DomainError, is_lock_timeout

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


class DomainErrorMiddleware:
    """A refusal that a page did not turn into a form error: a page in style with the sentence, never a 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            template = f"{exception.status}.html" if exception.status in {403, 409} else "400.html"
            return render(request, template, {"message": str(exception)}, status=exception.status)
        if is_lock_timeout(exception):
            return render(request, "busy.html", status=503)
        return None
