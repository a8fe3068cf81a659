"""A negotiation ends without a contract, with an outcome from the list; or what was agreed is taken up again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from deals.enums.contracts import ContractState
from deals.enums.negotiation import (
    NEGOTIATION_STATES,
    OFFER_STATES,
    EntryKind,
    NegotiationState,
    OfferState,
    Outcome,
)
from deals.models import Negotiation, Offer
from deals.notices import negotiation as notices
from deals.queries.seats import Seat, other
from deals.services.negotiation.asking import (
    lock_negotiation,
    party_of,
    refuse_changed,
    require_running,
    text_in,
)
from deals.services.negotiation.market import follow
from deals.services.negotiation.thread import NOBODY, add_entry, to_answer
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.text import tidy


@transaction.atomic
def close(
    *, negotiation: Negotiation, outcome: str, text: str = "", seen_revision: int | None = None, by: User, at: datetime
) -> Negotiation:
    """End it for good, for a party. A waiting offer ends with it, and what was agreed is set aside. Said once more by
    the same person it changes nothing.

    Where terms are agreed only a manager may, and not while a contract is being approved. The technology is on offer
    again with the last one. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, `DomainError`.
    """
    locked = lock_negotiation(negotiation)
    agreed = locked.state == NegotiationState.AGREED
    seat = party_of(locked, by, Permission.AGREE_TERMS if agreed else Permission.NEGOTIATE)
    if (locked.closed_by_id, locked.outcome, locked.closed_text) == (by.pk, outcome, tidy(text)):
        return locked
    require_running(locked)
    refuse_changed(locked, seen_revision)
    if outcome not in Outcome.values:
        raise DomainError(_("Choose how it ended."), field="outcome")
    missing = _("Say it in a sentence.") if outcome == Outcome.OTHER else ""
    words = text_in(text, missing=missing)
    _refuse_with_contract(locked)
    _end_offers(locked, seat, words, by, at)
    NEGOTIATION_STATES.move(
        locked, NegotiationState.CLOSED, outcome=outcome, closed_text=words, closed_side=seat.side, closed_at=at,
        closed_by=by, revision=locked.revision + 1, **NOBODY,
    )  # fmt: skip
    add_entry(negotiation=locked, kind=EntryKind.CLOSED, seat=seat, by=by, at=at, text=words)
    follow(listing=locked.listing, by=by, at=at)
    notices.closed(locked, by, at)
    return locked


@transaction.atomic
def reopen(
    *, negotiation: Negotiation, text: str, seen_revision: int | None = None, by: User, at: datetime
) -> Negotiation:
    """A manager of a party takes agreed terms up again, with the reason; what was accepted is set aside.

    Raises `NotAllowed`, `NotPossibleNow` (nothing is agreed, a contract is being approved), `ChangedMeanwhile`.
    """
    locked = lock_negotiation(negotiation)
    seat = party_of(locked, by, Permission.AGREE_TERMS)
    if locked.state != NegotiationState.AGREED:
        raise NotPossibleNow(_("Only agreed terms can be taken up again, before a contract is signed."))
    refuse_changed(locked, seen_revision)
    words = text_in(text, missing=_("Say why. The other side reads it."))
    _refuse_with_contract(locked)
    _end_offers(locked, seat, words, by, at)
    NEGOTIATION_STATES.move(
        locked, NegotiationState.OPEN, revision=locked.revision + 1, last_said_at=at,
        **to_answer(locked, other(seat.side), at),
    )  # fmt: skip
    add_entry(negotiation=locked, kind=EntryKind.REOPENED, seat=seat, by=by, at=at, text=words)
    notices.reopened(locked, by, at)
    return locked


def _refuse_with_contract(negotiation: Negotiation) -> None:
    if negotiation.contracts.exclude(state=ContractState.CANCELLED).exists():
        raise NotPossibleNow(_("A contract was made from what is agreed. Say on its page that it is not concluded."))


def _end_offers(negotiation: Negotiation, seat: Seat, text: str, by: User, at: datetime) -> None:
    rows = Offer.objects.select_for_update(of=["self"]).filter(negotiation=negotiation)
    for offer in rows.filter(state__in=[OfferState.OFFERED, OfferState.ACCEPTED]).order_by("pk"):
        if offer.state == OfferState.ACCEPTED:
            OFFER_STATES.move(offer, OfferState.SET_ASIDE)
            continue
        own = offer.side == seat.side
        state = OfferState.WITHDRAWN if own else OfferState.DECLINED
        OFFER_STATES.move(offer, state, answered_at=at, answered_by=by, answer_text=text)
