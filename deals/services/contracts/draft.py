"""An agreed negotiation becomes a contract: the document is written, and written anew where a side refused it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from deals.clauses import Clauses
from deals.enums.contracts import ContractState
from deals.enums.negotiation import NegotiationState, OfferState
from deals.models import SHORT_TEXT, Contract, ContractVersion, Negotiation, Offer
from deals.notices import contracts as notices
from deals.numbers import contract_number
from deals.services.contracts.asking import (
    locked_contract,
    require_acting,
    require_state,
    waiting_version,
)
from deals.services.contracts.room import require_room
from deals.services.contracts.versions import EXCLUSIVE, propose
from deals.services.negotiation.asking import lock_negotiation, text_in
from deals.terms import Terms
from marketplace.core.counters import take_numbers
from marketplace.core.errors import NotPossibleNow
from tech_listings.services.exclusivity import require_ground
from tech_listings.services.lock import lock

COUNTER = "contract"


@transaction.atomic
def draft(*, negotiation: Negotiation, clauses: Clauses, by: User, at: datetime) -> Contract:
    """Write the contract on what was agreed: terms, deal type and option of the accepted offer.

    Asked twice it is the same contract. An exclusive licence or assignment needs its ground now (`GroundNeeded`), and
    room beside other contracts about the technology (`NoRoom`). Raises `NotAllowed`, `NotPossibleNow`, and
    `DomainError` naming the field.
    """
    locked = lock_negotiation(negotiation)
    require_acting(locked, by, at)
    if earlier := locked.contracts.exclude(state=ContractState.CANCELLED).first():
        return earlier
    offer = accepted_offer(locked)
    listing = lock(locked.listing)
    require_room(listing=listing, deal_kind=offer.deal_kind)
    ground = None
    if offer.deal_kind in EXCLUSIVE:
        ground = require_ground(listing, on=timezone.localdate(at), by=by, at=at)
    year = timezone.localtime(at).year
    contract = Contract.objects.create(
        number=contract_number(year, take_numbers(kind=COUNTER, year=year)[0]),
        negotiation=locked, listing=listing, holder=locked.holder, firm=locked.firm, deal_kind=offer.deal_kind,
        exclusive_ground=ground, drafted_at=at, drafted_by=by,
    )  # fmt: skip
    version = _propose_agreed(contract, offer, clauses, "", by, at)
    notices.drafted(version, at)
    return contract


@transaction.atomic
def redraft(*, contract: Contract, clauses: Clauses, reason: str, by: User, at: datetime) -> ContractVersion:
    """Another document on the same agreed terms, after the one before was refused; `reason` says what is different.

    Raises as `draft`.
    """
    locked = locked_contract(contract)
    require_acting(locked.negotiation, by, at)
    require_state(locked, ContractState.DRAFTED)
    if waiting_version(locked) is not None:
        raise NotPossibleNow(_("A document waits for approval. Refuse it first, then write another one."))
    said = text_in(reason, most=SHORT_TEXT, field="reason", missing=_("Say what is different from the one before."))
    version = _propose_agreed(locked, accepted_offer(locked.negotiation), clauses, said, by, at)
    notices.drafted(version, at)
    return version


def accepted_offer(negotiation: Negotiation) -> Offer:
    """What was agreed last. Raises `NotPossibleNow` where nothing is agreed."""
    rows = negotiation.offers.filter(state=OfferState.ACCEPTED).select_related("accepted_option")
    offer = rows.order_by("-answered_at", "-pk").first()
    if negotiation.state != NegotiationState.AGREED or offer is None:
        raise NotPossibleNow(
            _("A contract is written once an offer was accepted. Accept one in the negotiation first.")
        )
    return offer


def clauses_of(offer: Offer) -> Clauses:
    """What the offer said, and the usual rest, to begin with."""
    return Clauses(territory=offer.territory, field_of_use=offer.field_of_use, term_months=offer.term_months)


def _propose_agreed(
    contract: Contract, offer: Offer, clauses: Clauses, reason: str, by: User, at: datetime
) -> ContractVersion:
    option = offer.accepted_option
    assert option is not None  # a check constraint of the offer
    terms = Terms.from_json(option.terms)
    return propose(contract=contract, terms=terms, clauses=clauses, option=option, reason=reason, by=by, at=at)
