"""Others who negotiate about a technology when a contract about it is signed."""

from collections.abc import Iterable
from datetime import datetime

from deals.enums.contracts import ContractState
from deals.enums.negotiation import (
    NEGOTIATION_STATES,
    OFFER_STATES,
    EntryKind,
    NegotiationState,
    OfferState,
    Outcome,
)
from deals.models import Contract, Negotiation, Offer
from deals.notices import contracts as notices
from deals.services.contracts.approve import drop
from deals.services.contracts.versions import EXCLUSIVE
from deals.services.negotiation.thread import NOBODY, add_entry


def settle_others(*, contract: Contract, others: Iterable[Negotiation], at: datetime) -> None:
    """Tell them; where the contract leaves nothing for others theirs is closed.

    The caller holds the locks of `others`. With whom the contract was concluded is told to nobody.
    """
    for negotiation in others:
        if contract.deal_kind in EXCLUSIVE:
            _close(negotiation, at)
            notices.closed_for_another(negotiation, contract, at)
        else:
            notices.licensed_to_another(negotiation, contract, at)


def _close(negotiation: Negotiation, at: datetime) -> None:
    """Nobody of its sides closed it: the house says so, as somebody else has taken the technology."""
    open_states = [OfferState.OFFERED, OfferState.ACCEPTED]
    offers = Offer.objects.select_for_update(of=["self"]).filter(negotiation=negotiation, state__in=open_states)
    for offer in offers.order_by("pk"):
        if offer.state == OfferState.ACCEPTED:
            OFFER_STATES.move(offer, OfferState.SET_ASIDE)
        else:
            OFFER_STATES.move(offer, OfferState.LAPSED, answered_at=at)
    drafts = [ContractState.DRAFTED, ContractState.APPROVED]
    contracts = Contract.objects.select_for_update(of=["self"]).filter(negotiation=negotiation, state__in=drafts)
    for contract in contracts.order_by("pk"):
        drop(contract=contract, text="", by=None, at=at)
    NEGOTIATION_STATES.move(
        negotiation, NegotiationState.CLOSED, outcome=Outcome.OTHER_TAKER, closed_at=at,
        revision=negotiation.revision + 1, **NOBODY,
    )  # fmt: skip
    add_entry(negotiation=negotiation, kind=EntryKind.CLOSED, seat=None, by=None, at=at)
