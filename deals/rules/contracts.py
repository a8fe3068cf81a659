"""Who may do what with contracts, for views, templates and API alike. Seeing is `visible_to`; services ask again."""

import rules
from django.utils import timezone

from accounts.models import User
from deals.models import Contract, ContractVersion, Negotiation
from deals.queries.contracts import acts_for, belongs_to_both, sides_bound_by


@rules.predicate
def negotiates(user: User, thing: Negotiation | Contract) -> bool:
    return acts_for(user, thing.negotiation if isinstance(thing, Contract) else thing, timezone.localdate())


@rules.predicate
def binds_a_side(user: User, contract: Contract) -> bool:
    sides = sides_bound_by(user, contract.negotiation)
    return bool(sides) and not belongs_to_both(user, contract.negotiation)


@rules.predicate
def refuses(user: User, version: ContractVersion) -> bool:
    """A side, or who wrote it while nobody has approved it."""
    if binds_a_side(user, version.contract):
        return True
    return version.proposed_by_id == user.pk and not version.approvals.exists()


rules.add_perm("deals.draft_contract", negotiates)
rules.add_perm("deals.amend_contract", negotiates)
rules.add_perm("deals.bind_contract", binds_a_side)
rules.add_perm("deals.refuse_version", refuses)
