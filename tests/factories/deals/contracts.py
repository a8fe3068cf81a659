"""Contracts as rows, for what comes after them; those of negotiations come from the services."""

import datetime

from django.utils import timezone

from deals.enums.contracts import ContractState, VersionState
from deals.enums.negotiation import NegotiationState, Side
from deals.models import Contract, ContractApproval, ContractVersion, Negotiation, SignedCopy
from deals.numbers import contract_number, negotiation_number
from marketplace.core.counters import take_numbers
from marketplace.core.files import DocumentType
from tests.factories.accounts import MembershipFactory
from tests.factories.deals.requests import SENT, TransferRequestFactory

SIGNED_ON = datetime.date(2026, 4, 1)
HASH = "0" * 64


def member(organization, **also):
    """A manager of it; `role=` for another one."""
    return MembershipFactory(organization=organization, **(also or {"manager": True})).user


def negotiation_row(*, at=SENT, **also):
    """An open negotiation about a request that was answered with a yes."""
    request = also.pop("request", None) or TransferRequestFactory(talk=True)
    serial = take_numbers(kind="negotiation", year=2026, count=1)[0]
    made = {
        "request": request, "listing": request.listing, "holder": request.holder, "firm": request.requester,
        "deal_kind": request.deal_kind, "opened_by": member(request.holder), "opened_at": at,
        "number": negotiation_number(2026, serial),
    } | also  # fmt: skip
    return Negotiation.objects.create(**made)


def in_force(*, terms, method, signed_on=SIGNED_ON, ends_on=None, negotiation=None, **also):
    """A contract in force since `signed_on` under these terms (JSON of `deals.terms`), with its first version."""
    negotiation = negotiation or negotiation_row()
    at = datetime.datetime.combine(signed_on, datetime.time(10), timezone.get_default_timezone())
    for state in (NegotiationState.AGREED, NegotiationState.CONTRACTED):
        negotiation.state = state
        negotiation.save()
    by = member(negotiation.holder)
    serial = take_numbers(kind="contract", year=signed_on.year, count=1)[0]
    contract = Contract.objects.create(
        number=contract_number(signed_on.year, serial), negotiation=negotiation, listing=negotiation.listing,
        holder=negotiation.holder, firm=negotiation.firm, deal_kind=negotiation.deal_kind, drafted_at=at, drafted_by=by,
    )  # fmt: skip
    version = ContractVersion.objects.create(
        contract=contract, serial=1, method=method, terms=terms, document_hash=HASH, proposed_at=at, proposed_by=by,
        **also,
    )  # fmt: skip
    approved_by_both(version, at)
    SignedCopy.objects.create(
        version=version, file="contracts/none", name="signed.pdf", type=DocumentType.PDF, checksum=HASH, size=1,
        sent_at=at, sent_by=by,
    )  # fmt: skip
    for state in (VersionState.APPROVED, VersionState.IN_FORCE):
        version.state = state
        version.save()
    contract.state = ContractState.APPROVED
    contract.save()
    contract.state, contract.signed_on, contract.starts_on = ContractState.IN_FORCE, signed_on, signed_on
    contract.ends_on = ends_on
    contract.save()
    return contract


def approved_by_both(version, at):
    """A manager of each side approves its document."""
    contract = version.contract
    for side, organization in ((Side.HOLDER, contract.holder), (Side.FIRM, contract.firm)):
        ContractApproval.objects.create(
            version=version, side=side, document_hash=HASH, approved_at=at, approved_by=member(organization)
        )
