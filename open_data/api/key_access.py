"""How programs of organizations get in: `Authorization: Token ieumkey_…`, each key with an allowance of its own.

Every endpoint knows them (`settings.REST_FRAMEWORK`). What opens for everybody opens for a key; what is for people
stays closed to it; what asks for a scope is a `KeyView`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from marketplace.core.throttling import TokenThrottle
from open_data.models import OrganizationKey
from open_data.services.keys import PREFIX, find_key

if TYPE_CHECKING:
    # rest_framework.views itself imports the default throttle classes.
    from rest_framework.views import APIView


class KeyAuthentication(authentication.BaseAuthentication):
    """A key stands for its organization, for nobody in it: `request.user` is anonymous, `request.auth` the key."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, OrganizationKey] | None:
        word, _space, text = authentication.get_authorization_header(request).partition(b" ")
        if word.lower() not in {b"token", b"bearer"} or not text.strip().startswith(PREFIX.encode()):
            return None
        try:
            key = find_key(text=text.strip().decode("ascii"), at=timezone.now())
        except UnicodeDecodeError:
            key = None
        if key is None:
            raise exceptions.AuthenticationFailed(_("The key is unknown, expired or revoked."), "key_invalid")
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token ieumkey_…`: a key of an organization, made by its managers under “Keys”.",
        }


class KeyThrottle(TokenThrottle):
    """Counts by key; who comes without one is counted as everywhere else (lessons F68)."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.has_key = isinstance(request.auth, OrganizationKey)
        if self.has_key:
            self.rate = settings.KEY_RATE
            self.num_requests, self.duration = self.parse_rate(self.rate)
        allowed = super().allow_request(request, view)
        request._request.allowance = self  # type: ignore[attr-defined]
        return allowed

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if self.has_key:
            return self.cache_format % {"scope": "key", "ident": request.auth.pk}
        return super().get_cache_key(request, view)

    @property
    def remaining(self) -> int | None:
        """How often one may ask yet in this time; None for who is not counted."""
        if getattr(self, "key", None) is None or not hasattr(self, "history"):
            return None
        return max(0, (self.num_requests or 0) - len(self.history))
