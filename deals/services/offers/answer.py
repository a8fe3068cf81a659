"""An offer is declined by the other side, or withdrawn by its own."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from deals.enums.negotiation import OFFER_STATES, EntryKind, OfferState
from deals.models import Offer
from deals.notices import negotiation as notices
from deals.queries.seats import other
from deals.services.negotiation.asking import lock_negotiation, party_of, seat_of, text_in
from deals.services.negotiation.thread import add_entry, note_said, released, spoke
from deals.services.offers.told import locked_offer, require_waiting
from marketplace.core.errors import NotAllowed


@transaction.atomic
def decline(*, offer: Offer, text: str, by: User, at: datetime) -> Offer:
    """The party that was asked does not want it and says why. Its broker cannot decline for it.

    The same person declining again changes nothing. Raises `NotAllowed`, `NotPossibleNow`, `DomainError`.
    """
    negotiation = lock_negotiation(offer.negotiation_id)
    locked = locked_offer(offer, negotiation)
    seat = party_of(negotiation, by, Permission.NEGOTIATE, side=other(locked.side))
    if (locked.state, locked.answered_by_id) == (OfferState.DECLINED, by.pk):
        return locked
    words = text_in(text, missing=_("Say why. The other side reads it."))
    require_waiting(locked, at)
    OFFER_STATES.move(locked, OfferState.DECLINED, answered_at=at, answered_by=by, answer_text=words)
    add_entry(negotiation=negotiation, kind=EntryKind.DECLINED, seat=seat, by=by, at=at, text=words, offer=locked)
    note_said(negotiation, at, revision=negotiation.revision + 1, **spoke(negotiation, seat.side, at))
    notices.declined(negotiation, locked, at)
    return locked


@transaction.atomic
def withdraw(*, offer: Offer, text: str = "", by: User, at: datetime) -> Offer:
    """The side that offered takes the offer back before it is answered; its broker only what it offered itself.

    The same person withdrawing again changes nothing. Raises `NotAllowed`, `NotPossibleNow`, `DomainError`.
    """
    negotiation = lock_negotiation(offer.negotiation_id)
    locked = locked_offer(offer, negotiation)
    seat = seat_of(negotiation, by, at, side=locked.side)
    if seat.is_broker and seat.organization.pk != locked.organization_id:
        raise NotAllowed(_("A broker withdraws only what it offered itself."))
    if (locked.state, locked.answered_by_id) == (OfferState.WITHDRAWN, by.pk):
        return locked
    words = text_in(text)
    require_waiting(locked, at)
    OFFER_STATES.move(locked, OfferState.WITHDRAWN, answered_at=at, answered_by=by, answer_text=words)
    add_entry(negotiation=negotiation, kind=EntryKind.WITHDRAWN, seat=seat, by=by, at=at, text=words, offer=locked)
    note_said(negotiation, at, revision=negotiation.revision + 1, **released(negotiation, at))
    notices.withdrawn(negotiation, locked, at)
    return locked
