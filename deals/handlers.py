"""What lower apps say, and what it means for requests."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.events import personal_data_requested
from accounts.models import User
from deals.enums.requests import EventKind
from deals.models import TransferRequest
from deals.notices import requests as notices
from deals.services.requests.timeline import add_event
from tech_listings.events import listing_closed, listing_withdrawn
from tech_listings.models import Listing


@receiver(listing_withdrawn, dispatch_uid="deals.listing_withdrawn")
@receiver(listing_closed, dispatch_uid="deals.listing_closed")
def tell_those_who_asked(sender: Any, listing: Listing, at: datetime | None = None, **kwargs: Any) -> None:
    """The request stays open: the holder owes an answer, and the requester may withdraw."""
    moment = at or timezone.now()
    waiting = TransferRequest.objects.waiting().filter(listing=listing).order_by("pk")
    for request in waiting.select_related("requester", "listing").select_for_update(of=["self"]):
        if add_event(request=request, kind=EventKind.LISTING_WITHDRAWN, by=None, at=moment):
            notices.listing_withdrawn(request, moment)


@receiver(personal_data_requested, dispatch_uid="deals.personal_data")
def what_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    sent = TransferRequest.objects.filter(requested_by=user).order_by("requested_at")
    return "transfer_requests", list(sent.values("number", "requested_at", "deal_kind", "intended_use", "message"))
