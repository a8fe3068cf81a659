"""Both sides change a contract that is in force: from a day on another version holds."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from deals.clauses import Clauses
from deals.enums.contracts import ContractState
from deals.models import SHORT_TEXT, Contract, ContractVersion
from deals.notices import contracts as notices
from deals.services.contracts.asking import (
    locked_contract,
    require_acting,
    require_state,
    version_in_force,
    waiting_version,
)
from deals.services.contracts.versions import propose
from deals.services.negotiation.asking import text_in
from deals.terms import Terms
from marketplace.core.days import is_plausible
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow

FARTHEST = timedelta(days=366)
"""What both have approved cannot be taken back, and stands in the way of another amendment until its day."""


@transaction.atomic
def amend(
    *, contract: Contract, terms: Terms, clauses: Clauses, reason: str, holds_from: date,
    seen_revision: int | None = None, by: User, at: datetime,
) -> ContractVersion:  # fmt: skip
    """Propose other terms or clauses from `holds_from` on, today at the earliest, with the reason.

    What kind of deal it is never changes, and rules and fee stay those of the contract. Clicked twice it is one
    amendment. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, `DomainError` naming the field.
    """
    locked = locked_contract(contract)
    require_acting(locked.negotiation, by, at)
    require_state(locked, ContractState.IN_FORCE)
    clauses, waiting = clauses.tidied(), waiting_version(locked)
    said = text_in(reason, most=SHORT_TEXT, field="reason", missing=_("Say why the contract is amended."))
    if waiting is not None and _says(waiting, by, terms, clauses, said, holds_from):
        return waiting
    if seen_revision is not None and seen_revision != locked.revision:
        raise ChangedMeanwhile(_("The contract changed after you opened this page. Look at it, then go on."))
    if waiting is not None:
        raise NotPossibleNow(_("Another amendment waits for approval. It has to be approved or refused first."))
    before = version_in_force(locked)
    if terms.to_json() == before.terms and clauses.to_json() == before.clauses:
        raise DomainError(_("Nothing is different from the version in force."))
    _refuse_day(locked, clauses, holds_from, timezone.localdate(at))
    version = propose(
        contract=locked, terms=terms, clauses=clauses, option=before.option, reason=said, holds_from=holds_from,
        amends=before, by=by, at=at,
    )  # fmt: skip
    notices.amendment_proposed(version, at)
    return version


def _says(waiting: ContractVersion, by: User, terms: Terms, clauses: Clauses, reason: str, holds_from: date) -> bool:
    """Whether the same person proposed the same."""
    there = (waiting.proposed_by_id, waiting.terms, waiting.clauses, waiting.reason, waiting.holds_from)
    return there == (by.pk, terms.to_json(), clauses.to_json(), reason, holds_from)


def _refuse_day(contract: Contract, clauses: Clauses, day: date, today: date) -> None:
    assert contract.starts_on is not None
    earliest = max(today, contract.starts_on)
    if not is_plausible(day) or day < earliest:
        raise DomainError(_("Choose today or a later day, within the term."), field="holds_from")
    if day > earliest + FARTHEST:
        raise DomainError(_("Choose a day within a year."), field="holds_from")
    if contract.ends_on is not None and day > contract.ends_on:
        raise DomainError(_("The contract has ended by then. Choose an earlier day."), field="holds_from")
    last = clauses.last_day(contract.starts_on)
    if last is not None and last < day:
        raise DomainError(_("With this term the contract would have ended already."), field="term_months")
