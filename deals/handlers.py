"""What lower apps say, and what it means for requests and negotiations."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.events import personal_data_requested
from accounts.models import User
from deals.enums.requests import EventKind
from deals.events import contract_ended, contract_signed
from deals.models import Choice, Contract, ContractApproval, Entry, Negotiation, TransferRequest
from deals.notices import negotiation as negotiation_notices
from deals.notices import requests as notices
from deals.services.negotiation.market import follow
from deals.services.requests.timeline import add_event
from programmes.services.applications.transfers import record_transfer
from tech_listings.events import (
    listing_closed,
    listing_suspended,
    listing_withdrawn,
    listings_published,
    listings_suspended,
)
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


@receiver(listing_withdrawn, dispatch_uid="deals.negotiated_listing_withdrawn")
@receiver(listing_closed, dispatch_uid="deals.negotiated_listing_closed")
@receiver(listing_suspended, dispatch_uid="deals.negotiated_listing_suspended")
def tell_those_who_negotiate(sender: Any, listing: Listing, at: datetime | None = None, **kwargs: Any) -> None:
    _tell_gone([listing.pk], at or timezone.now())


@receiver(listings_suspended, dispatch_uid="deals.negotiated_listings_suspended")
def tell_those_who_negotiate_about_many(sender: Any, listing_ids: Iterable[int], at: datetime, **kwargs: Any) -> None:
    _tell_gone(list(listing_ids), at)


def _tell_gone(listing_ids: list[int], at: datetime) -> None:
    """The firm hears of it; the negotiation goes on until somebody closes it. No row of one is locked here: whoever
    sends this holds the listing's, which comes after."""
    running = Negotiation.objects.running().filter(listing__in=listing_ids).select_related("holder", "firm")
    for negotiation in running.order_by("pk"):
        negotiation_notices.listing_gone(negotiation, at)


@receiver(listings_published, dispatch_uid="deals.negotiated_listings_published")
def back_under_negotiation(sender: Any, listings: Iterable[Listing], at: datetime, **kwargs: Any) -> None:
    """What comes back on offer while somebody negotiates about it is under negotiation again."""
    running = Negotiation.objects.running().filter(listing__in=[listing.pk for listing in listings])
    for negotiation in running.select_related("listing", "opened_by").order_by("listing", "pk").distinct("listing"):
        follow(listing=negotiation.listing, by=negotiation.opened_by, at=at)


@receiver(personal_data_requested, dispatch_uid="deals.negotiation_words")
def what_was_said(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    said = Entry.objects.filter(by=user).order_by("at", "pk")
    return "negotiation_entries", list(said.values("negotiation__number", "at", "kind", "text"))


@receiver(personal_data_requested, dispatch_uid="deals.choices")
def what_was_chosen(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    chosen = Choice.objects.filter(chosen_by=user).order_by("chosen_at", "pk")
    return "choices", list(chosen.values("option__title", "chosen_at", "evidence_hash"))


@receiver(personal_data_requested, dispatch_uid="deals.personal_data_of_contracts")
def approvals_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    given = ContractApproval.objects.filter(approved_by=user).order_by("approved_at")
    rows = given.values("version__contract__number", "version__serial", "side", "approved_at")
    return "contract_approvals", list(rows)


@receiver(contract_signed, dispatch_uid="deals.transfer_of_contract")
@receiver(contract_ended, dispatch_uid="deals.transfer_of_ended_contract")
def tell_programmes(sender: Any, contract: Contract, **kwargs: Any) -> None:
    """What firms took over is what programmes ask for. Institutes and brokers apply nowhere."""
    if contract.signed_on is None:
        return
    record_transfer(
        organization=contract.firm,
        reference=contract.number,
        title=contract.listing.text_in("title", "ko") or str(contract.listing),
        holder_name=contract.holder.name,
        signed_on=contract.signed_on,
        ended_on=contract.ended_on,
        listing_number=contract.listing.number or "",
    )
