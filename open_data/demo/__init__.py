"""A partner of the demo that mirrors the market: a key, a webhook that is off, deals that it reports, a bulk file."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.enums import MembershipState, Role
from accounts.models import Organization
from accounts.roles import Permission, users_with_permission
from open_data.delivery.signing import new_salt
from open_data.enums import EndpointState, EventKind, Scope
from open_data.models import BulkFile, OrganizationKey, PartnerDeal, WebhookEndpoint
from open_data.services.bulk import make_bulk
from open_data.services.keys import create_key
from open_data.services.partner_deals import decide_deal, report_deal
from open_data.services.totals import count_totals
from tech_listings.models import Listing

PARTNER = "pureunsol-battery"
NAME, URL = "야간 미러링", "https://hooks.pureunsol.example/ieum"


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """How many keys, webhooks and deals are new. The text of the key is nobody's: make another one to try it."""
    partner = organizations[PARTNER]
    new = _key(partner, at) + _webhook(partner) + _deals(partner, at)
    if not BulkFile.objects.exists():
        make_bulk(at=at)
    count_totals(at=at)
    return new


def _key(partner: Organization, at: datetime) -> int:
    if OrganizationKey.objects.filter(organization=partner, name=NAME).exists():
        return 0
    managers = partner.memberships.filter(role=Role.MANAGER, state=MembershipState.ACTIVE).order_by("pk")
    manager = managers.select_related("user")[0].user
    create_key(
        organization=partner, name=NAME, scopes=[Scope.READ, Scope.BULK, Scope.DEALS], days=365, by=manager, at=at
    )
    return 1


def _webhook(partner: Organization) -> int:
    """Off, and not asked of any name server: nobody is there."""
    if WebhookEndpoint.objects.filter(organization=partner).exists():
        return 0
    kinds = [EventKind.LISTINGS_CHANGED.value, EventKind.DEAL_DECIDED.value]
    WebhookEndpoint.objects.create(organization=partner, url=URL, kinds=kinds, state=EndpointState.OFF, salt=new_salt())
    return 1


def _deals(partner: Organization, at: datetime) -> int:
    """One that the holder confirmed, one that waits."""
    before = PartnerDeal.objects.count()
    offered = Listing.objects.published().filter(registered_at__lte=at - timedelta(days=3)).exclude(holder=partner)
    for number, listing in enumerate(offered.select_related("holder").order_by("pk")[:2], 1):
        deal, is_new = report_deal(
            organization=partner, own_number=f"GR-2026-{number:03d}", listing=listing, kind="non_exclusive_licence",
            happened_on=timezone.localdate(at) - timedelta(days=2), amount_won=30_000_000 if number == 1 else None,
            firm_size="sme", firm_region="", by=None, at=at,
        )  # fmt: skip
        people = users_with_permission(listing.holder, Permission.ANSWER_REQUESTS).order_by("pk")
        if is_new and number == 1 and people:
            decide_deal(deal=deal, confirmed=True, reason="", by=people[0], at=at)
    return PartnerDeal.objects.count() - before
