"""An offer lapses when its last day has passed."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from deals.enums.negotiation import OFFER_STATES, EntryKind, OfferState
from deals.models import Negotiation, Offer
from deals.notices import negotiation as notices
from deals.services.negotiation.thread import add_entry, note_said, released


def due_to_lapse(day: date) -> list[int]:
    """Keys of the negotiations in which an offer waits whose last day has passed."""
    rows = Offer.objects.waiting().filter(valid_until__lt=day)
    return list(rows.order_by("valid_until", "pk").values_list("negotiation", flat=True))


@transaction.atomic
def lapse(*, negotiation_id: int, at: datetime) -> bool:
    """In a transaction of its own; what somebody else holds is left to the next round. Whether anything lapsed."""
    rows = Negotiation.objects.for_page().select_for_update(of=["self"], skip_locked=True)
    locked = rows.filter(pk=negotiation_id).first()
    if locked is None:
        return False
    offer = Offer.objects.select_for_update(of=["self"]).filter(negotiation=locked, state=OfferState.OFFERED).first()
    return offer is not None and lapse_if_over(offer=offer, negotiation=locked, at=at)


def lapse_if_over(*, offer: Offer, negotiation: Negotiation, at: datetime) -> bool:
    """Close a waiting offer whose day has passed; the caller holds both locks. Whether it was."""
    if offer.can_be_accepted_on(timezone.localdate(at)):
        return False
    OFFER_STATES.move(offer, OfferState.LAPSED, answered_at=at)
    add_entry(negotiation=negotiation, kind=EntryKind.LAPSED, seat=None, by=None, at=at, offer=offer)
    said_at = negotiation.last_said_at or at
    note_said(negotiation, said_at, revision=negotiation.revision + 1, **released(negotiation, at))
    notices.lapsed(negotiation, offer, at)
    return True
