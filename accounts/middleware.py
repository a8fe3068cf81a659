"""Which organization a signed-in person acts for, and whether an officer may go on without a second factor."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.models import Organization, User
from accounts.second_factor import SecondFactor

GetResponse = Callable[[HttpRequest], HttpResponse]

SESSION_KEY = "organization"
API_PREFIX = "/api/"
# What an officer without a second factor needs to get one, to sign out, or to read the page in another language;
# and the description of the API, which the footer of every page links to.
OPEN_WITHOUT_FACTOR = {
    "account_logout",
    "account_login",
    "account_reauthenticate",
    "account_email",
    "account_confirm_email",
    "account_email_verification_sent",
    "set_language",
    "schema",
    "api-docs",
}


def current_organization(user: User, wanted: object) -> Organization | None:
    """The one with the public id `wanted` while the person is a member of it, else the first by name, else None."""
    organizations = [membership.organization for membership in user.active_memberships()]
    organizations.sort(key=lambda organization: organization.is_gone)  # nobody acts for what was merged, unless chosen
    chosen = (organization for organization in organizations if str(organization.public_id) == str(wanted))
    return next(chosen, organizations[0] if organizations else None)


class CurrentOrganizationMiddleware:
    """Sets `request.organization`. A membership that ended falls back to another one on the next request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.organization = None  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            request.user.remember_memberships()
            request.organization = current_organization(  # type: ignore[attr-defined]
                request.user, request.session.get(SESSION_KEY)
            )
        return self.get_response(request)


def choose_organization(request: HttpRequest, public_id: UUID | str) -> None:
    request.session[SESSION_KEY] = str(public_id)


class SecondFactorMiddleware:
    """Asked on every request, so that somebody who becomes an officer while signed in is caught by the next one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        missing = second_factor.missing_in(request, request.user)
        if missing is None:
            return None
        name = (request.resolver_match and request.resolver_match.view_name) or ""
        if name.startswith("mfa_") or name in OPEN_WITHOUT_FACTOR:
            return None
        if request.path.startswith(API_PREFIX):
            return JsonResponse(refusal(missing), status=403)
        return self.send_to_factor(request, missing)

    def send_to_factor(self, request: HttpRequest, missing: SecondFactor) -> HttpResponse:
        if not any(message.extra_tags == "second-factor" for message in messages.get_messages(request)):
            messages.warning(request, second_factor.explanation(missing), extra_tags="second-factor")
        if missing is SecondFactor.SET_UP:
            where = reverse("mfa_index")
        else:
            page = second_factor.page_to_use(request.user)  # type: ignore[arg-type]
            wanted = request.get_full_path() if request.method == "GET" else reverse("portal:home")
            where = f"{reverse(page)}?{urlencode({'next': wanted})}"
        if getattr(request, "htmx", False):
            return HttpResponse(headers={"HX-Redirect": where})
        return HttpResponseRedirect(where)


def refusal(missing: SecondFactor) -> dict[str, Any]:
    """The API's answer to an officer whose second factor is missing, in the shape of every refusal."""
    return {
        "code": "second_factor_required",
        "detail": f"{second_factor.explanation(missing)} {_('Sign in on the website to do so.')}",
        "errors": [],
    }
