"""How a program signs in: `Authorization: Token ieum_…`, or the session of the browser it runs in."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts.middleware import current_organization, refusal
from accounts.models import ApiToken, User
from accounts.second_factor import SecondFactor, missing_for
from accounts.services.tokens import find_token

ORGANIZATION_HEADER = "X-Organization"


class TokenAuthentication(authentication.BaseAuthentication):
    """`X-Organization: <id>` says for which of the owner's organizations the program acts;
    without it the first by name."""

    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        word, _space, text = authentication.get_authorization_header(request).partition(b" ")
        if word.lower() not in {b"token", b"bearer"}:
            return None
        try:
            token = find_token(text=text.strip().decode("ascii"), at=timezone.now())
        except UnicodeDecodeError:
            token = None
        if token is None:
            raise exceptions.AuthenticationFailed(_("The token is unknown, expired or revoked."), "token_invalid")
        user = token.user
        user.remember_memberships()
        self.refuse_officer_without_factor(user, token)
        request._request.organization = self.organization_of(request, user)  # type: ignore[attr-defined]
        return user, token

    def refuse_officer_without_factor(self, user: User, token: ApiToken) -> None:
        missing = missing_for(user)
        if missing is None and user.is_officer and not token.second_factor:
            missing = SecondFactor.USE
        if missing is not None:
            body = refusal(missing)
            raise exceptions.PermissionDenied(body["detail"], body["code"])

    def organization_of(self, request: Request, user: User) -> Any:
        named = request.headers.get(ORGANIZATION_HEADER)
        wanted = named.strip().lower() if named is not None else None
        organization = current_organization(user, wanted)
        if wanted is not None and (organization is None or str(organization.public_id) != wanted):
            raise exceptions.PermissionDenied(
                _("You are no member of the organization that X-Organization names."), "organization_not_yours"
            )
        return organization

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session. SecondFactorMiddleware has refused officers before a view is reached."""


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": (
                "`Token ieum_…`, made on the page “API tokens”. Who belongs to several organizations names the one "
                "the program acts for in the header `X-Organization: <id>`, else it is the first by name."
            ),
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
