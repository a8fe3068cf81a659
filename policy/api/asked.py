"""What the endpoints of survey, index and plans begin with."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from marketplace.core.api import ErrorOut

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


class OpenToRead:
    """Everybody reads; who writes signs in first."""

    def get_permissions(self) -> list[Any]:
        is_read = self.request.method in SAFE_METHODS  # type: ignore[attr-defined]
        return [AllowAny()] if is_read else super().get_permissions()  # type: ignore[misc]


def year_of(request: Request) -> int | None:
    """`?year=`, None without. Raises `ValidationError`."""
    said = request.query_params.get("year")
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) == 4):
        raise ValidationError({"year": [_("This is not a year.")]})
    return int(said)


def own_institute(request: SignedInApiRequest, permission: str) -> Organization:
    """The current organization, where the person may do this for it. Raises `PermissionDenied`."""
    here: Organization | None = getattr(request._request, "organization", None)
    if here is None or not request.user.has_perm(permission, here):
        raise PermissionDenied
    return here


def for_officers(request: SignedInApiRequest) -> None:
    if not request.user.has_perm("policy.govern"):
        raise PermissionDenied
