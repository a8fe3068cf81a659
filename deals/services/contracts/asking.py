"""The first steps of everything that is done with a contract: lock it, see for whom somebody acts, refuse what is over.

Locks are taken in this order: negotiation, contract, version; then the listing, and brokers last.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from deals.enums.contracts import ContractState, VersionState
from deals.enums.negotiation import Side
from deals.models import Contract, ContractVersion, Negotiation
from deals.queries.contracts import acts_for, belongs_to_both, sides_bound_by
from deals.services.negotiation.asking import lock_negotiation
from marketplace.core.errors import NotAllowed, NotPossibleNow


def locked_contract(contract: Contract) -> Contract:
    """The contract as it is now; its negotiation was locked before it."""
    negotiation = lock_negotiation(contract.negotiation_id)
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


def require_acting(negotiation: Negotiation, by: User, at: datetime) -> None:
    """Raise `NotAllowed` unless `by` negotiates for a side or for its broker."""
    if not acts_for(by, negotiation, timezone.localdate(at)):
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
