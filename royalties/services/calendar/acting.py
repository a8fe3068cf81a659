"""What every act on a calendar begins with: the contract's row locked, who acts, and which words are taken."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from deals.enums.contracts import CONCLUDED
from deals.models import Contract
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.text import tidy
from royalties.models import Due


class NotConcluded(Conflict):
    """Nothing is owed under a contract that was not signed."""

    code = "contract_not_concluded"


class NotOpen(Conflict):
    """Somebody did it, or waived it, meanwhile."""

    code = "due_not_open"


def locked_contract(pk: int) -> Contract:
    """The first lock of everything here: contract, then due or statement. Raises `NotConcluded`.

    As strong as that of `income.checks.lock_contract`, under which late interest is charged: a lock that grows within a
    transaction lets two of them wait for each other.
    """
    rows: QuerySet[Contract] = Contract.objects.select_related("listing", "holder", "firm", "negotiation")
    contract = rows.select_for_update(of=["self"], no_key=True).get(pk=pk)
    if contract.state not in CONCLUDED:
        raise NotConcluded(_("This contract is not in force."))
    return contract


def locked_due(due: Due) -> Due:
    """With its contract's row locked first."""
    contract = locked_contract(due.contract_id)
    found = Due.objects.select_for_update(of=["self"]).select_related("version").get(pk=due.pk)
    found.contract = contract
    return found


def require(by: User, permission: Permission, organization: Organization) -> None:
    """Raises `NotAllowed` unless `by` may do this for the side it is about."""
    if not has_permission(by, permission, organization):
        raise NotAllowed(_("Only members of “%(name)s” who may do this can do it.") % {"name": organization})


def require_open(due: Due) -> None:
    """Raises `NotOpen` where nothing is waited for any more."""
    if not due.is_open:
        raise NotOpen(
            _("This is “%(state)s” already. Reload the page to see what happened.") % {"state": due.get_state_display()}
        )


def words(text: str, *, most: int, field: str, missing: str = "") -> str:
    """`text` as it is kept. Raises `DomainError` where it is too long, or empty and `missing` says why not."""
    text = tidy(text)
    if len(text) > most:
        raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=field)
    if missing and not text:
        raise DomainError(missing, field=field)
    return text
