"""What views ask of keys: a scope, or nothing where everybody may."""

from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from open_data.enums import Scope
from open_data.models import OrganizationKey


class HasScope(BasePermission):
    """A key needs the scope of the view. What is public is also open without a key."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, OrganizationKey):
            if view.scope not in request.auth.scopes:
                raise exceptions.PermissionDenied(
                    _("This key is not good for that: it needs “%(scope)s”.") % {"scope": Scope(view.scope).label},
                    "scope_missing",
                )
            return True
        return bool(view.is_public or request.user.is_authenticated)


class KeyView(APIView):
    """Base of what keys open: `scope` that a key needs, `is_public` where nobody needs one."""

    scope: Scope
    is_public = False
    opens_by_key = True
    permission_classes = [HasScope]

    def acting(self, request: Request) -> tuple[Organization, User | None]:
        """The organization that acts, and the manager who does it; None where a key does. Raises `PermissionDenied`."""
        if isinstance(request.auth, OrganizationKey):
            return request.auth.organization, None
        organization = getattr(request._request, "organization", None)
        if organization is None or not has_permission(request.user, Permission.MANAGE_KEYS, organization):
            raise exceptions.PermissionDenied
        return organization, cast(User, request.user)
