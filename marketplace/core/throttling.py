from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    # rest_framework.views itself imports the default throttle classes.
    from rest_framework.views import APIView


class TokenThrottle(SimpleRateThrottle):
    """Counts programs, not people: a browser session never spends a token's allowance (lessons F68)."""

    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if request.auth is None and request.user and request.user.is_authenticated:
            return None
        who = f"user-{request.user.pk}" if request.user and request.user.is_authenticated else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": who}


class AddressThrottle(SimpleRateThrottle):
    """For pages that open without an account: how often one address may ask. `rate` as in `20/min`.

    Without the cache nobody is refused, as in the API.
    """

    def __init__(self, scope: str, rate: str) -> None:
        self.scope, self.rate = scope, rate
        super().__init__()

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}

    def allows(self, request: HttpRequest | Request) -> bool:
        # A copy per question: a throttle keeps what it found in itself, and requests come at the same time.
        return type(self)(self.scope, str(self.rate)).allow_request(request, None)  # type: ignore[arg-type]
