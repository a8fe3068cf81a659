"""A contract ends before its term is over: by agreement, or as one side declares; and what follows when it is over."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from deals.clauses import Clauses
from deals.enums.contracts import (
    CONTRACT_STATES,
    DECLARED,
    ENDING_STATES,
    OPEN_ENDINGS,
    VERSION_STATES,
    ContractState,
    EndingState,
    EndReason,
    VersionState,
)
from deals.enums.negotiation import Side
from deals.events import contract_ended
from deals.models import LONG_TEXT, SHORT_TEXT, Contract, Ending
from deals.notices import contracts as notices
from deals.services.contracts.asking import (
    binding_side,
    locked_contract,
    require_state,
    version_in_force,
    waiting_version,
)
from deals.services.negotiation.asking import text_in
from marketplace.core.days import is_plausible
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from tech_listings.enums import DealKind, ListingState
from tech_listings.services.lock import lock
from tech_listings.services.market import offer_again


@transaction.atomic
def propose_end(*, contract: Contract, reason: str, last_day: date, text: str, by: User, at: datetime) -> Ending:
    """A side says that the contract ends with `last_day`, today at the earliest. That the firm gives the technology up
    holds as it is said. Of a breach the other side is told, and has the contract's `cure_days` to mend it: it ends
    after them at the earliest. Anything else the other side agrees to.

    Raises `NotAllowed`, `NotPossibleNow`, `DomainError` naming the field.
    """
    locked = locked_contract(contract)
    side = binding_side(locked.negotiation, by)
    require_state(locked, ContractState.IN_FORCE)
    _refuse_second(locked)
    if reason not in EndReason.values or reason == EndReason.TERM:
        raise DomainError(_("Choose why it ends."), field="reason")
    if reason == EndReason.ABANDONED and side != Side.FIRM:
        raise DomainError(_("Only the firm can say that it gives the technology up."), field="reason")
    said = text_in(text, most=LONG_TEXT, missing=_("Say in a few words what happened and what is settled."))
    _refuse_day(locked, last_day, at)
    mend_by = _mend_by(locked, last_day, at) if reason == EndReason.BREACH else None
    cures = mend_by is not None and mend_by > timezone.localdate(at)
    declared = reason in DECLARED and not cures
    answered = {"state": EndingState.SETTLED, "answered_at": at, "answered_by": by} if declared else {}
    ending = Ending.objects.create(
        contract=locked,
        side=side,
        reason=reason,
        last_day=last_day,
        mend_by=mend_by,
        text=said,
        proposed_at=at,
        proposed_by=by,
        **({"state": EndingState.CURING} if cures else answered),
    )
    if declared:
        notices.end_settled(ending, at)
    elif cures:
        notices.breach_declared(ending, at)
    else:
        notices.end_proposed(ending, at)
    return ending


@transaction.atomic
def answer_end(*, ending: Ending, agree: bool, text: str = "", by: User, at: datetime) -> Ending:
    """The other side agrees, or declines with a reason. Raises as `propose_end`."""
    contract, locked = _locked(ending)
    side = binding_side(contract.negotiation, by)
    if side == locked.side:
        raise NotAllowed(_("The other side answers this."))
    require_state(contract, ContractState.IN_FORCE)
    _require_open(locked, EndingState.PROPOSED)
    missing = "" if agree else _("Say in a few words why.")
    said = text_in(text, most=SHORT_TEXT, missing=missing)
    if agree and locked.last_day < timezone.localdate(at):
        raise NotPossibleNow(_("The day it names has passed. Another one has to be proposed."))
    to = EndingState.SETTLED if agree else EndingState.DECLINED
    ENDING_STATES.move(locked, to, answered_at=at, answered_by=by, answer_text=said)
    if agree:
        notices.end_settled(locked, at)
    else:
        notices.end_declined(locked, at)
    return locked


@transaction.atomic
def take_back_end(*, ending: Ending, by: User, at: datetime) -> Ending:
    """The side that proposed it takes it back while nobody has answered, or a breach while it can be mended: it was.
    Raises as `propose_end`.
    """
    contract, locked = _locked(ending)
    if binding_side(contract.negotiation, by) != locked.side:
        raise NotAllowed(_("Only the side that proposed it can take it back."))
    _require_open(locked, EndingState.PROPOSED, EndingState.CURING)
    ENDING_STATES.move(locked, EndingState.WITHDRAWN, answered_at=at, answered_by=by)
    notices.end_taken_back(locked, at)
    return locked


def finish(*, contract: Contract, on: date, ending: Ending | None, at: datetime) -> None:
    """A locked contract is over since `on`, its last day. The technology is on offer again where the contract had
    taken it off, and what waited for approval is refused by that."""
    version = waiting_version(contract)
    if version is not None:
        VERSION_STATES.move(version, VersionState.REFUSED, refused_at=at)
    for open_ending in contract.endings.select_for_update().filter(
        state__in=[EndingState.PROPOSED, EndingState.CURING]
    ):
        ENDING_STATES.move(open_ending, EndingState.LAPSED, answered_at=at)
    CONTRACT_STATES.move(
        contract, ContractState.ENDED, revision=contract.revision + 1, ended_on=on, ended_at=at,
        end_reason=ending.reason if ending else EndReason.TERM, end_text=ending.text if ending else "",
        ended_by=ending.proposed_by if ending else None,
    )  # fmt: skip
    listing = lock(contract.listing)
    blocking = Contract.objects.in_the_way(listing.pk, DealKind.NON_EXCLUSIVE_LICENCE)
    if listing.state == ListingState.CONTRACTED and not blocking.exists():
        offer_again(listing=listing, by=contract.drafted_by, at=at)
    contract_ended.send(sender=Contract, contract=contract, at=at)
    notices.ended(contract, at)


def _locked(ending: Ending) -> tuple[Contract, Ending]:
    contract = locked_contract(ending.contract)
    found = Ending.objects.select_for_update(of=["self"]).get(pk=ending.pk)
    found.contract = contract
    return contract, found


def _refuse_second(contract: Contract) -> None:
    if contract.endings.filter(state__in=OPEN_ENDINGS).exists():
        raise NotPossibleNow(_("The end of this contract is proposed or settled already. Reload the page to see it."))


def _refuse_day(contract: Contract, day: date, at: datetime) -> None:
    today = timezone.localdate(at)
    assert contract.starts_on is not None
    if not is_plausible(day) or day < max(today, contract.starts_on):
        raise DomainError(_("Choose today or a later day, within the term."), field="last_day")
    if contract.ends_on is not None and day >= contract.ends_on:
        raise DomainError(_("The term is over by then. Choose an earlier day."), field="last_day")
    if day > today + timedelta(days=366):
        raise DomainError(_("Choose a day within a year."), field="last_day")


def _mend_by(contract: Contract, last_day: date, at: datetime) -> date:
    """The last day on which the other side can mend a breach declared `at`. Raises `DomainError` for an earlier end."""
    days = Clauses.from_json(version_in_force(contract).clauses).cure_days
    mend_by = timezone.localdate(at) + timedelta(days=days)
    if last_day < mend_by:
        words = {"days": days, "day": date_format(mend_by, "SHORT_DATE_FORMAT")}
        told = _("The other side has %(days)d days to mend a breach. Choose %(day)s or a later day.") % words
        raise DomainError(told, field="last_day")
    return mend_by


@transaction.atomic
def settle_breach(*, ending: Ending, at: datetime) -> bool:
    """The days to mend it are over and nobody took it back: the contract ends with its last day. Otherwise nothing."""
    contract, locked = _locked(ending)
    if locked.state != EndingState.CURING or contract.state != ContractState.IN_FORCE:
        return False
    assert locked.mend_by is not None
    if locked.mend_by >= timezone.localdate(at):
        return False
    ENDING_STATES.move(locked, EndingState.SETTLED, answered_at=at)
    notices.end_settled(locked, at)
    return True


def _require_open(ending: Ending, *states: EndingState) -> None:
    if ending.state not in states:
        state = {"state": ending.get_state_display()}
        raise NotPossibleNow(_("This is “%(state)s” meanwhile. Reload the page to see it.") % state)
