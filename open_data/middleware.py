"""Says how much of an allowance is left, wherever in the API it was counted."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class AllowanceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        allowance = getattr(request, "allowance", None)
        if allowance is not None and allowance.remaining is not None:
            response["RateLimit-Limit"] = str(allowance.num_requests)
            response["RateLimit-Remaining"] = str(allowance.remaining)
        return response
