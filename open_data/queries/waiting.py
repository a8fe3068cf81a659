"""What of reported deals waits on a person, for the home page."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.waiting import Kind, Waiting
from open_data.enums import PartnerDealState
from open_data.models import PartnerDeal


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """Deals of the holder's technologies that partners reported, the oldest first: to confirm or to reject."""
    if organization is None or not has_permission(user, Permission.ANSWER_REQUESTS, organization):
        return
    rows = PartnerDeal.objects.filter(listing__holder=organization, state=PartnerDealState.REPORTED)
    columns = ("public_id", "organization__name", "listing__number")
    yield Kind(rows.order_by("reported_at", "pk"), columns, _told)


def _told(deal: PartnerDeal) -> Waiting:
    said = {"partner": deal.organization.name, "number": deal.listing.number}
    title = _("Confirm or reject the deal of %(number)s that %(partner)s reports") % said
    return Waiting(title, reverse("open_data:deal", args=[deal.public_id]))
