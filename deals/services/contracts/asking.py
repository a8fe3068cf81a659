"""The first steps of everything that is done with a contract: lock it, see for whom somebody acts, refuse what is over.

Locks are taken in this order: negotiation, contract, version; then the listing, and brokers last.
"""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from deals.enums.contracts import ContractState, VersionState
from deals.enums.negotiation import EntryKind, Side
from deals.models import Contract, ContractVersion, Entry, Negotiation
from deals.queries.contracts import acts_for, belongs_to_both, sides_bound_by
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy


def locked_negotiation(negotiation: Negotiation | int) -> Negotiation:
    key = negotiation if isinstance(negotiation, int) else negotiation.pk
    return Negotiation.objects.for_page().select_for_update(of=["self"]).get(pk=key)


def locked_contract(contract: Contract) -> Contract:
    """The contract as it is now; its negotiation was locked before it."""
    negotiation = locked_negotiation(contract.negotiation_id)
    found = Contract.objects.for_page().select_for_update(of=["self"]).get(pk=contract.pk)
    found.negotiation = negotiation
    return found


def locked_version(contract: Contract, version: ContractVersion) -> ContractVersion:
    rows = ContractVersion.objects.select_for_update(of=["self"]).select_related("fee_quote")
    found = rows.get(pk=version.pk, contract=contract)
    found.contract = contract
    return found


def waiting_version(contract: Contract) -> ContractVersion | None:
    """The version that waits for approval, signature or its day, locked; its contract was locked before it."""
    rows = ContractVersion.objects.select_for_update(of=["self"]).filter(contract=contract)
    found = rows.filter(state__in=[VersionState.PROPOSED, VersionState.APPROVED]).first()
    if found is not None:
        found.contract = contract
    return found


def version_in_force(contract: Contract) -> ContractVersion:
    rows = ContractVersion.objects.select_for_update(of=["self"])
    found = rows.get(contract=contract, state=VersionState.IN_FORCE)
    found.contract = contract
    return found


def require_acting(negotiation: Negotiation, by: User) -> None:
    """Raise `NotAllowed` unless `by` negotiates for a side or for its broker."""
    if not acts_for(by, negotiation):
        raise NotAllowed(_("Only members of a side, or of its broker, who may negotiate can do this."))


def binding_side(negotiation: Negotiation, by: User) -> Side:
    """The side for which `by` binds the organization. Raises `NotAllowed`, also for who belongs to both."""
    sides = sides_bound_by(by, negotiation)
    if not sides:
        raise NotAllowed(_("Only managers of a side can do this: it binds the organization."))
    if belongs_to_both(by, negotiation):
        raise NotAllowed(_("You belong to both sides: another manager has to do this."))
    return sides[0]


def require_state(contract: Contract, *states: ContractState) -> None:
    """Raise `NotPossibleNow` with what happened meanwhile."""
    if contract.state not in states:
        state = {"state": contract.get_state_display()}
        raise NotPossibleNow(_("This contract is “%(state)s” meanwhile. Reload the page to see it.") % state)


def text_in(given: str, *, most: int, field: str = "text", missing: str = "") -> str:
    """`given` as it is stored. Raises `DomainError` where it is too long, or empty and `missing` says what to do."""
    text = tidy(given)
    if missing and not text:
        raise DomainError(missing, field=field)
    if len(text) > most:
        raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=field)
    return text


def note(*, negotiation: Negotiation, kind: EntryKind, by: User | None, at: datetime, text: str = "") -> None:
    """A line of the house in the thread. The caller holds the negotiation's lock."""
    last = negotiation.entries.aggregate(last=Max("serial"))["last"] or 0
    Entry.objects.create(negotiation=negotiation, serial=last + 1, kind=kind, by=by, at=at, text=text)
