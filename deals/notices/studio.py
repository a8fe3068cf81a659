"""Who is told of an offer. Neither sums nor who offers what: only which negotiation, and by when."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from deals.enums.negotiation import OTHER_SIDE
from deals.models import Offer
from deals.notices.requests import with_the_date_as_people_write_it
from notifications import registry
from notifications.outbox import notify

TARGET = "deals.offer"
OFFERED = "offer_made"


def offers_visible_to(user: User) -> QuerySet[Offer]:
    return Offer.objects.visible_to(user)


registry.register(
    OFFERED,
    title=_("An offer in negotiation %(number)s"),
    body=_("It can be accepted until %(due)s."),
    targets=offers_visible_to,
    present=with_the_date_as_people_write_it,
)


def offered(offer: Offer, at: datetime) -> None:
    """To who may answer for the other side, its brokers included."""
    side, negotiation = OTHER_SIDE[offer.side], offer.negotiation
    brokers = negotiation.brokers.filter(side=side, left_at__isnull=True).select_related("organization")
    heard = [negotiation.organization_of(side), *(each.organization for each in brokers)]
    notify(
        users=_people(heard),
        kind=OFFERED,
        dedupe_key=f"{OFFERED}:{offer.public_id}",
        params={"number": negotiation.number, "due": offer.valid_until.isoformat()},
        url=reverse("deals:offer", args=[offer.public_id]),
        target=(TARGET, offer.public_id),
        at=at,
    )


def _people(organizations: Iterable[Organization]) -> list[User]:
    found = {
        user.pk: user
        for organization in organizations
        for user in users_with_permission(organization, Permission.NEGOTIATE)
    }
    return list(found.values())
