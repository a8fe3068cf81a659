"""What the frame around every page needs. Lazy: an error page or a mail asks nothing of the database."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.roles import Permission, has_permission, organizations_with
from matching.querysets import READERS
from notifications.queries import unread_count


@dataclass(frozen=True)
class NavItem:
    label: str
    url: str
    current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None:
        return {}
    return {
        "nav_items": SimpleLazyObject(lambda: _items(request)),
        "unread_count": SimpleLazyObject(lambda: unread_count(user)),
        "offers_need": SimpleLazyObject(lambda: _offers_need(request)),
    }


def _offers_need(request: HttpRequest) -> bool:
    """Whether “post this as a need” leads somewhere: for visitors to the sign-in page, for firms to the form."""
    return not request.user.is_authenticated or bool(organizations_with(request.user, Permission.POST_NEEDS))


def _items(request: HttpRequest) -> list[NavItem]:
    found = [(_("Find a technology"), reverse("tech_listings:list"))]
    organization: Organization | None = getattr(request, "organization", None)
    user = request.user
    if organization is not None and has_permission(user, Permission.VIEW_ORGANIZATION, organization):
        if has_permission(user, Permission.EDIT_LISTINGS, organization) or organization.kind == "institute":
            found.append((_("My technologies"), reverse("tech_listings:mine")))
        if has_permission(user, Permission.IMPORT_LISTINGS, organization):
            found.append((_("File uploads"), reverse("tech_listings:ingest_list")))
        if has_permission(user, Permission.VIEW_RESULTS, organization):
            found.append((_("Duties"), reverse("obligations:duty_list")))
        if has_permission(user, Permission.ANSWER_NEEDS, organization) or organization.kind in READERS:
            found.append((_("Needs of firms"), reverse("matching:needs")))
        if has_permission(user, Permission.POST_NEEDS, organization) or organization.kind == "company":
            found.append((_("My needs"), reverse("matching:my_needs")))
        found.append((_("Transfer requests"), reverse("deals:list")))
    if user.is_authenticated and user.has_perm("obligations.see_compliance"):
        found.append((_("Compliance"), reverse("obligations:compliance")))
    if user.is_authenticated and user.is_officer:
        found.append((_("Synonyms"), reverse("tech_listings:synonyms")))
        found.append((_("State of the search"), reverse("tech_listings:search_state")))
    if not user.is_authenticated:
        found.append((_("For programs (API)"), reverse("api-docs")))
    return [NavItem(label, url, request.path.startswith(url)) for label, url in found]
