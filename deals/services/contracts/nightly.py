"""Every night: amendments whose day has come, contracts that are over, ends nobody answered, terms that end soon.

What is due is asked, not what is new: a missed night heals, and the same night twice does nothing.
"""

from datetime import date, datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from deals.enums.contracts import ENDING_STATES, ContractState, EndingState, VersionState
from deals.models import Contract, ContractVersion, Ending
from deals.notices import contracts as notices
from deals.services.contracts.asking import locked_contract, waiting_version
from deals.services.contracts.end import finish, settle_breach
from deals.services.contracts.force import put_in_force
from marketplace.core.rounds import each_alone

REMIND_DAYS = (90, 30)


def look_after_contracts(*, at: datetime) -> dict[str, int]:
    """Each in a transaction of its own. How many of each kind."""
    today = timezone.localdate(at)
    steps = (
        ("amended", _amend, _amendments),
        ("settled", _settle, _mended_by),
        ("ended", _end, _over),
        ("lapsed", _lapse, _unanswered),
        ("reminded", _remind, _soon),
    )
    return {name: each_alone(name, due(today), partial(step, at=at)) for name, step, due in steps}


def _amendments(today: date) -> list[int]:
    rows = ContractVersion.objects.filter(state=VersionState.APPROVED, holds_from__lte=today)
    return list(rows.filter(contract__state=ContractState.IN_FORCE).order_by("pk").values_list("contract", flat=True))


def _mended_by(today: date) -> list[int]:
    """Breaches whose days to be mended are over."""
    rows = Ending.objects.filter(state=EndingState.CURING, mend_by__lt=today)
    return list(rows.filter(contract__state=ContractState.IN_FORCE).order_by("pk").values_list("pk", flat=True))


def _over(today: date) -> list[int]:
    settled = Ending.objects.filter(contract=OuterRef("pk"), state=EndingState.SETTLED, last_day__lt=today)
    rows = Contract.objects.in_force().filter(Q(ends_on__lt=today) | Exists(settled))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _unanswered(today: date) -> list[int]:
    rows = Ending.objects.filter(state=EndingState.PROPOSED, last_day__lt=today)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _soon(today: date) -> list[int]:
    rows = Contract.objects.in_force().filter(ends_on__gte=today, ends_on__lte=today + timedelta(days=max(REMIND_DAYS)))
    return list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _amend(pk: int, at: datetime) -> bool:
    contract = locked_contract(Contract.objects.get(pk=pk))
    version = waiting_version(contract)
    due = version is not None and version.state == VersionState.APPROVED and contract.state == ContractState.IN_FORCE
    if version is None or not due or version.holds_from is None or version.holds_from > timezone.localdate(at):
        return False
    put_in_force(contract=contract, version=version, at=at)
    return True


@transaction.atomic
def _end(pk: int, at: datetime) -> bool:
    contract, today = locked_contract(Contract.objects.get(pk=pk)), timezone.localdate(at)
    if contract.state != ContractState.IN_FORCE:
        return False
    ending = contract.endings.filter(state=EndingState.SETTLED).select_related("proposed_by").first()
    if ending is not None and ending.last_day < today:
        finish(contract=contract, on=ending.last_day, ending=ending, at=at)
        return True
    if contract.ends_on is not None and contract.ends_on < today:
        finish(contract=contract, on=contract.ends_on, ending=None, at=at)
        return True
    return False


def _settle(pk: int, at: datetime) -> bool:
    return settle_breach(ending=Ending.objects.get(pk=pk), at=at)


@transaction.atomic
def _lapse(pk: int, at: datetime) -> bool:
    ending = Ending.objects.get(pk=pk)
    contract = locked_contract(ending.contract)
    locked = Ending.objects.select_for_update(of=["self"]).get(pk=pk)
    if locked.state != EndingState.PROPOSED or locked.last_day >= timezone.localdate(at):
        return False
    locked.contract = contract
    ENDING_STATES.move(locked, EndingState.LAPSED, answered_at=at)
    notices.end_lapsed(locked, at)
    return True


@transaction.atomic
def _remind(pk: int, at: datetime) -> bool:
    """Once per last day and step: a message of one matter is written once, so nothing of it is stored here."""
    contract = Contract.objects.for_page().get(pk=pk)
    if contract.ends_on is None or contract.state != ContractState.IN_FORCE:
        return False
    left = (contract.ends_on - timezone.localdate(at)).days
    notices.ending_soon(contract, min(days for days in REMIND_DAYS if left <= days), at)
    return True
