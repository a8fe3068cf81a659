"""One way to pay of an offer is accepted: the terms are agreed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from deals.enums.negotiation import (
    NEGOTIATION_STATES,
    OFFER_STATES,
    EntryKind,
    NegotiationState,
    OfferState,
)
from deals.models import Offer, Option
from deals.notices import negotiation as notices
from deals.queries.seats import other
from deals.services.negotiation.asking import (
    lock_negotiation,
    party_of,
    refuse_both_sides,
    require_running,
    text_in,
)
from deals.services.negotiation.thread import NOBODY, add_entry
from deals.services.offers.told import locked_offer, require_waiting
from marketplace.core.errors import DomainError, NotPossibleNow
from tech_listings.models import Listing


@transaction.atomic
def accept(*, offer: Offer, option: Option, text: str = "", by: User, at: datetime) -> Offer:
    """A manager of the side that did not offer accepts one option; from then on the terms are agreed.

    The same person accepting the same again changes nothing: a double click, or the way back in the browser.
    Raises `NotAllowed`, `NotPossibleNow` saying what happened meanwhile, and `DomainError` naming the field.
    """
    negotiation = lock_negotiation(offer.negotiation_id)
    locked = locked_offer(offer, negotiation)
    seat = party_of(negotiation, by, Permission.AGREE_TERMS, side=other(locked.side))
    refuse_both_sides(negotiation, seat.side, by, at)
    if option.offer_id != locked.pk:
        raise DomainError(_("Choose one of the ways to pay of this offer."), field="option")
    if (locked.state, locked.accepted_option_id, locked.answered_by_id) == (OfferState.ACCEPTED, option.pk, by.pk):
        return locked
    words = text_in(text)
    require_running(negotiation)
    require_waiting(locked, at)
    if not Listing.objects.get(pk=negotiation.listing_id).is_public:
        raise NotPossibleNow(_("This technology is not offered any more."))
    OFFER_STATES.move(
        locked, OfferState.ACCEPTED, accepted_option=option, answered_at=at, answered_by=by, answer_text=words
    )
    NEGOTIATION_STATES.move(
        negotiation, NegotiationState.AGREED, revision=negotiation.revision + 1, last_said_at=at, **NOBODY
    )
    add_entry(negotiation=negotiation, kind=EntryKind.ACCEPTED, seat=seat, by=by, at=at, text=words, offer=locked)
    notices.accepted(negotiation, locked, at)
    return locked
