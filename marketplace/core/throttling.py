from __future__ import annotations

from typing import TYPE_CHECKING

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
