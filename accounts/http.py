from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

from accounts.models import Organization, User


class SignedInRequest(HttpRequest):
    """A request after LoginRequiredMiddleware, HtmxMiddleware and CurrentOrganizationMiddleware."""

    user: User  # type: ignore[assignment]
    htmx: HtmxDetails
    organization: Organization | None
    POST: QueryDict  # type: ignore[assignment]


class SignedInApiRequest(Request):
    """A DRF request after IsAuthenticated."""

    user: User
    organization: Organization | None


def back(request: HttpRequest, otherwise: str, *args: Any) -> HttpResponseRedirect:
    """To the page the form names in `next` when it is one of ours, else to `otherwise`."""
    wanted = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(wanted if allowed else resolve_url(otherwise, *args))


def posted(request: HttpRequest) -> QueryDict | None:
    """The data of a form, also when nothing was filled in; None when the form is only shown."""
    return request.POST if request.method == "POST" else None


def set_language_cookie(response: Any, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
