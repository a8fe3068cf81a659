"""Each side approves the very document, or refuses it with a reason."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from deals.enums.contracts import CONTRACT_STATES, VERSION_STATES, ContractState, VersionState
from deals.models import SHORT_TEXT, Contract, ContractApproval, ContractVersion
from deals.notices import contracts as notices
from deals.queries.contracts import sides_bound_by
from deals.services.contracts.asking import (
    binding_side,
    locked_contract,
    locked_version,
    require_state,
    waiting_version,
)
from deals.services.contracts.force import put_in_force
from deals.services.negotiation.asking import text_in
from marketplace.core.errors import Conflict, NotPossibleNow

OPEN = (ContractState.DRAFTED, ContractState.APPROVED, ContractState.IN_FORCE)


class OtherDocument(Conflict):
    """What was approved is another document than the one that waits."""

    code = "other_document"


@transaction.atomic
def approve(*, version: ContractVersion, document_hash: str, by: User, at: datetime) -> ContractApproval:
    """The side that `by` binds approves the document with this hash; the second approval is the last.

    Clicked twice it is one approval. An amendment both approved is in force from its day on. Raises `NotAllowed`,
    `OtherDocument`, `NotPossibleNow`.
    """
    contract = locked_contract(version.contract)
    side = binding_side(contract.negotiation, by)
    locked = locked_version(contract, version)
    if own := locked.approvals.filter(side=side).select_related("approved_by").first():
        if own.approved_by_id == by.pk and own.document_hash == document_hash:
            return own
        raise NotPossibleNow(_("Somebody of your side has approved it meanwhile. Reload the page to see it."))
    require_state(contract, *OPEN)
    if contract.ends_on is not None and contract.ends_on < timezone.localdate(at):
        raise NotPossibleNow(_("The term of the contract is over. It cannot be amended any more."))
    _require_waiting(locked, VersionState.PROPOSED)
    if locked.document_hash != document_hash:
        raise OtherDocument(_("Another document waits for approval than the one you read. Reload the page, read it."))
    approval = ContractApproval.objects.create(
        version=locked, side=side, document_hash=document_hash, approved_at=at, approved_by=by
    )
    if locked.approvals.count() < 2:
        notices.approved_by_one(locked, side, at)
        return approval
    VERSION_STATES.move(locked, VersionState.APPROVED)
    if contract.state == ContractState.DRAFTED:
        CONTRACT_STATES.move(contract, ContractState.APPROVED, revision=contract.revision + 1)
        notices.approved(locked, at)
    elif locked.holds_from is None or locked.holds_from <= timezone.localdate(at):
        put_in_force(contract=contract, version=locked, at=at)
    else:
        notices.approved(locked, at)
    return approval


@transaction.atomic
def refuse(*, version: ContractVersion, text: str, by: User, at: datetime) -> ContractVersion:
    """A side refuses a document that does not bind yet, also one that it approved before; or who wrote it takes it
    back while nobody has approved it. Another one may be written then. An amendment binds once both have approved it,
    as nothing is signed after that.

    Raises `NotAllowed`, `NotPossibleNow`, `DomainError` (no reason).
    """
    contract = locked_contract(version.contract)
    locked = locked_version(contract, version)
    takes_back = locked.proposed_by_id == by.pk and not locked.approvals.exists()
    if not takes_back or sides_bound_by(by, contract.negotiation):
        binding_side(contract.negotiation, by)
    require_state(contract, *OPEN)
    _require_waiting(locked, VersionState.PROPOSED, *([] if contract.signed_on else [VersionState.APPROVED]))
    said = text_in(text, most=SHORT_TEXT, missing=_("Say in a few words why."))
    _close(contract, locked, said, by, at)
    notices.refused(locked, at)
    return locked


@transaction.atomic
def cancel(*, contract: Contract, text: str, by: User, at: datetime) -> Contract:
    """A side does not conclude the contract. What was agreed stays so until the negotiation is taken up or closed.

    Raises `NotAllowed`, `NotPossibleNow`, `DomainError` (no reason).
    """
    locked = locked_contract(contract)
    binding_side(locked.negotiation, by)
    require_state(locked, ContractState.DRAFTED, ContractState.APPROVED)
    said = text_in(text, most=SHORT_TEXT, missing=_("Say in a few words why."))
    drop(contract=locked, text=said, by=by, at=at)
    notices.cancelled(locked, at)
    return locked


def drop(*, contract: Contract, text: str, by: User | None, at: datetime) -> None:
    """A locked contract that is not in force is not concluded; what waits for approval is refused by that."""
    version = waiting_version(contract)
    if version is not None:
        _refuse(version, text, by, at)
    CONTRACT_STATES.move(
        contract, ContractState.CANCELLED, revision=contract.revision + 1, cancelled_at=at, cancelled_by=by,
        cancel_text=text,
    )  # fmt: skip


def _close(contract: Contract, version: ContractVersion, text: str, by: User, at: datetime) -> None:
    _refuse(version, text, by, at)
    if contract.state == ContractState.APPROVED:
        CONTRACT_STATES.move(contract, ContractState.DRAFTED, revision=contract.revision + 1)


def _refuse(version: ContractVersion, text: str, by: User | None, at: datetime) -> None:
    VERSION_STATES.move(version, VersionState.REFUSED, refused_at=at, refused_by=by, refusal_text=text)


def _require_waiting(version: ContractVersion, *states: VersionState) -> None:
    if version.state not in states:
        state = {"state": version.get_state_display()}
        raise NotPossibleNow(_("This document is “%(state)s” meanwhile. Reload the page to see it.") % state)
