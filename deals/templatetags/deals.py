"""Names of parties, and what the page of a need, which lies below us, shows of negotiations."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import get_language

from accounts.models import Organization
from accounts.roles import Permission, has_permission
from deals.enums.terms import Method
from deals.models import Negotiation
from deals.queries import negotiation as queries
from deals.queries.negotiation import negotiations_about
from matching.models import Need
from tech_listings.models import Listing

register = template.Library()


@register.filter
def name_of(organization: Organization | None) -> str:
    """Its name in the reader's language, else the Korean one; nothing for what the house says itself."""
    return organization.name_in(get_language() or "ko") if organization else ""


@dataclass(frozen=True)
class OfNeed:
    """The running negotiations about technologies that answer a need, and whether the user may begin one."""

    running: dict[int, Negotiation]
    may_begin: bool


@register.simple_tag(takes_context=True)
def negotiations_of_need(context: dict[str, Any], need: Need) -> OfNeed:
    user = context["request"].user
    if not has_permission(user, Permission.NEGOTIATE, need.organization):
        return OfNeed({}, False)
    return OfNeed(negotiations_about(need, user), True)


@register.filter
def about(found: OfNeed, listing: Listing) -> Negotiation | None:
    """The running negotiation about this technology."""
    return found.running.get(listing.pk)


@register.filter
def method_name(method: str) -> str:
    """How it is paid, in words; empty where nothing is agreed yet."""
    return str(Method(method).label) if method else ""


@register.filter
def page_of_line(serial: int) -> int:
    """The page of the thread on which the line with this serial stands."""
    return queries.page_of_line(serial)
