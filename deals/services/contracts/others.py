"""Others who negotiate about a technology when a contract about it is signed."""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
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
from deals.services.contracts.asking import note
from deals.services.contracts.versions import EXCLUSIVE


def settle_others(*, contract: Contract, others: Iterable[Negotiation], by: User, at: datetime) -> int:
    """Tell them; where the contract leaves nothing for others theirs is closed. Returns how many go on.

    The caller holds the locks of `others`. With whom the contract was concluded is told to nobody.
    """
    left = 0
    for negotiation in others:
        if contract.deal_kind in EXCLUSIVE:
            _close(negotiation, by, at)
            notices.closed_for_another(negotiation, contract, at)
        else:
            notices.licensed_to_another(negotiation, contract, at)
            left += 1
    return left


def _close(negotiation: Negotiation, by: User, at: datetime) -> None:
    """Nobody of its sides closed it: the house says so, as somebody else has taken the technology."""
    offers = Offer.objects.select_for_update(of=["self"]).filter(negotiation=negotiation, state=OfferState.OFFERED)
    for offer in offers.order_by("pk"):
        OFFER_STATES.move(offer, OfferState.LAPSED, answered_at=at)
    drafts = [ContractState.DRAFTED, ContractState.APPROVED]
    contracts = Contract.objects.select_for_update(of=["self"]).filter(negotiation=negotiation, state__in=drafts)
    for contract in contracts.order_by("pk"):
        drop(contract=contract, text="", by=None, at=at)
    NEGOTIATION_STATES.move(
        negotiation, NegotiationState.CLOSED, outcome=Outcome.OTHER_TAKER, closed_at=at, turn="", answer_due_on=None,
        revision=negotiation.revision + 1,
    )  # fmt: skip
    note(negotiation=negotiation, kind=EntryKind.CLOSED, by=None, at=at)
