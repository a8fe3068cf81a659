"""Negotiations whose terms are agreed, and contracts in each state, made through the services as people make them."""

import datetime
import io

from django.utils import timezone

from deals.clauses import Clauses
from deals.enums.contracts import ContractState
from deals.enums.negotiation import OfferState, Side
from deals.models import Contract, Negotiation, NegotiationBroker
from deals.services.contracts.approve import approve, cancel
from deals.services.contracts.draft import draft
from deals.services.contracts.end import propose_end
from deals.services.contracts.nightly import look_after_contracts
from deals.services.contracts.sign import sign
from deals.services.offers.accept import accept
from deals.terms import Terms
from tech_listings.enums import DealKind, Ground
from tech_listings.models import ExclusiveGround
from tests.factories.brokers.mandates import manager_of
from tests.factories.deals.negotiation import LUMP, offered, opened
from tests.factories.deals.requests import SENT, TransferRequestFactory
from tests.factories.disclosures import pdf
from tests.factories.tech_listings import ListingFactory

AT = SENT + datetime.timedelta(days=20)
TODAY = timezone.localdate(AT)
DAY = datetime.timedelta(days=1)
RUNNING = Terms("running", upfront_won=10_000_000, running_bp=300, minimum_won=1_000_000, cap_won=90_000_000)
CLAUSES = Clauses(territory="Republic of Korea", field_of_use="Pump housings", term_months=36)


def about(listing=None, *, deal_kind=DealKind.NON_EXCLUSIVE_LICENCE, at=AT, **requested):
    """A negotiation, begun by the holder, about a technology that every kind of deal is offered for."""
    listing = listing or ListingFactory(deal_kinds=list(DealKind.values))
    request = TransferRequestFactory(talk=True, listing=listing, deal_kind=deal_kind, **requested)
    manager_of(request.requester)
    return opened(request=request, at=at, by=manager_of(listing.holder))


def agreed(*, terms=RUNNING, deal_kind=DealKind.NON_EXCLUSIVE_LICENCE, negotiation=None, term_months=36, at=AT):
    """A negotiation in which the firm's manager accepted what the holder's offered."""
    negotiation = negotiation or about(deal_kind=deal_kind, at=at)
    offer = offered(
        negotiation, terms, LUMP, by=manager_of(negotiation.holder), at=at, deal_kind=deal_kind,
        term_months=term_months,
        territory="Republic of Korea", field_of_use="Pump housings", no_running_reason="Not this time",
    )  # fmt: skip
    accept(offer=offer, option=offer.options.all()[0], by=manager_of(negotiation.firm), at=at)
    return Negotiation.objects.for_page().get(pk=negotiation.pk)


def grounded(listing, *, at=AT):
    """The holder's ground for an exclusive licence, on record."""
    return ExclusiveGround.objects.create(
        listing=listing, ground=Ground.BY_NATURE, text="One plant only", recorded_by=manager_of(listing.holder),
        recorded_at=at,
    )  # fmt: skip


def drafted(*, clauses=CLAUSES, negotiation=None, at=AT, **also):
    negotiation = negotiation or agreed(at=at, **also)
    if negotiation.offers.get(state=OfferState.ACCEPTED).deal_kind in ("exclusive_licence", "assignment"):
        grounded(negotiation.listing, at=at)
    return draft(negotiation=negotiation, clauses=clauses, by=manager_of(negotiation.holder), at=at)


def approved_by(contract, *organizations, at=AT):
    version = contract.versions.order_by("-serial").first()
    for organization in organizations:
        approve(version=version, document_hash=version.document_hash, by=manager_of(organization), at=at)


def approved(*, at=AT, **also):
    contract = drafted(at=at, **also)
    approved_by(contract, contract.holder, contract.firm, at=at)
    return Contract.objects.get(pk=contract.pk)


def signed_pdf(words="signed"):
    return io.BytesIO(pdf(words=words))


def signed(*, contract=None, at=AT, starts_on=None, words="signed", **also):
    contract = contract or approved(at=at, **also)
    day = timezone.localdate(at)
    return sign(
        contract=contract, file=signed_pdf(words), name="signed.pdf", signed_on=day, starts_on=starts_on or day,
        by=manager_of(contract.holder), at=at,
    )  # fmt: skip


def contract_in(state, *, at=AT):
    """A contract in each state of the table."""
    if state == ContractState.DRAFTED:
        return drafted(at=at)
    if state == ContractState.APPROVED:
        return approved(at=at)
    if state == ContractState.CANCELLED:
        found = drafted(at=at)
        return cancel(contract=found, text="No money", by=manager_of(found.firm), at=at)
    found = signed(at=at)
    if state == ContractState.ENDED:
        propose_end(
            contract=found, reason="abandoned", last_day=timezone.localdate(at), text="Nothing is sold",
            by=manager_of(found.firm), at=at,
        )  # fmt: skip
        look_after_contracts(at=at + DAY)
    return Contract.objects.get(pk=found.pk)


def brokered(negotiation, mandate, *, side=Side.HOLDER, at=AT):
    """The broker of the mandate takes part for a side."""
    return NegotiationBroker.objects.create(
        negotiation=negotiation, organization=mandate.broker, side=side, mandate=mandate, joined_at=at,
        joined_by=manager_of(mandate.client),
    )  # fmt: skip
