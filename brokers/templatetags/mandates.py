"""What the pages of technologies and needs, which lie below us, show of mandates: they load these tags."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils import timezone

from accounts.enums import OrganizationKind
from accounts.models import Organization
from accounts.roles import Permission, has_permission, organizations_with
from brokers.models import Mandate
from brokers.queries.mandates import SIDES, Acting, acting_for, mandates_for_need, numbers_in_register
from brokers.wording.mandates import Status, status_on
from matching.models import Need
from tech_listings.models import Listing

register = template.Library()


@dataclass(frozen=True)
class OfListing:
    """`may_give` is for the holder's managers, `may_offer` for those of brokers."""

    acting: list[Acting]
    may_give: bool
    may_offer: bool


@register.simple_tag(takes_context=True)
def mandates_of_listing(context: dict[str, Any], listing: Listing) -> OfListing | None:
    """Who may act for the holder of a public technology; None of any other."""
    if not listing.is_public:
        return None
    user = context["request"].user
    may_give = has_permission(user, Permission.GIVE_MANDATES, listing.holder)
    may_offer = bool(organizations_with(user, Permission.TAKE_MANDATES))
    return OfListing(acting_for(listing, timezone.localdate()), may_give, may_offer)


@register.simple_tag
def number_in_register(organization: Organization) -> str:
    """For the page of an organization: its number where it is a broker in the register, else nothing."""
    if organization.kind != OrganizationKind.BROKER:
        return ""
    return numbers_in_register([organization.pk]).get(organization.pk, "")


@dataclass(frozen=True)
class OfNeed:
    mandates: list[tuple[Mandate, Status]]
    may_give: bool
    may_offer: bool

    @property
    def has_something(self) -> bool:
        return bool(self.mandates) or self.may_give or self.may_offer


@register.simple_tag(takes_context=True)
def mandates_of_need(context: dict[str, Any], need: Need) -> OfNeed:
    """For the page of a need: its mandates for their sides, and the way to one where the company is named."""
    user, today = context["request"].user, timezone.localdate()
    found = [(mandate, status_on(mandate, today)) for mandate in mandates_for_need(need, user, today)]
    may_give = need.is_open and has_permission(user, Permission.GIVE_MANDATES, need.organization)
    takes = bool(organizations_with(user, Permission.TAKE_MANDATES))
    asks_openly = need.is_open and not need.is_anonymous and need.organization.kind in SIDES
    return OfNeed(found, may_give, takes and asks_openly)
