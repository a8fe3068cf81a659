"""The calendar of contracts, derived from terms and reports. The same again writes nothing.

What was asked for, paid or waived is never rewritten: a difference becomes a line of its own (`key#2`), or is noted as
too much (`excess_won`). Whoever writes dues holds the contract's row; so do not lock dues without it.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from deals.enums.contracts import VersionState
from deals.models import Contract, ContractVersion
from deals.terms import Terms
from marketplace.core.errors import DomainError
from royalties.enums.calendar import DueKind, DueState, StatementState, Usage
from royalties.models import Due, SalesStatement, UsageReport
from royalties.services.calendar.lines import Facts, Line, Sales, Version, lines
from royalties.services.calendar.spread import is_free, spread

log = logging.getLogger(__name__)
MARK = "#"
"""Before the number of a further line of the same: `instalment:2#2`."""
HELD = (VersionState.IN_FORCE, VersionState.REPLACED)
NOT_IN_TERMS = gettext_noop("The terms in force do not ask for it any more.")
ENDED = gettext_noop("The contract has ended.")
CHANGED = (
    "version", "due_on", "amount_won", "excess_won", "state", "done_at", "waived_at", "waived_reason", "told_of",
    "updated_at",
)  # fmt: skip


def settle(*, contract: Contract, at: datetime) -> int:
    """Bring the calendar of a concluded contract up to `at`; how many rows were written. Locks the contract."""
    return settle_many(contract_ids=[contract.pk], at=at)


@transaction.atomic
def settle_many(*, contract_ids: Iterable[int], at: datetime) -> int:
    """The same for many, with as many statements as for one. One whose terms cannot be read is logged and left."""
    today = timezone.localdate(at)
    rows = Contract.objects.concluded().filter(pk__in=list(contract_ids)).order_by("pk")
    # As strong as the locks of those who call it: one that grows lets two of them wait for each other.
    contracts = list(rows.select_for_update(of=["self"], no_key=True))
    read = _read(contracts)
    changes = Changes(at)
    for contract in contracts:
        dues = read.dues[contract.pk]
        facts = read.facts(contract, dues)
        if facts is not None:
            _settle(contract, facts, dues, today, changes)
            _note_unknown(contract, dues, read.used[contract.pk], today, changes)
    return changes.write()


@dataclass
class Changes:
    """What is to be written for a batch."""

    at: datetime
    made: list[Due] = field(default_factory=list)
    changed: dict[int, Due] = field(default_factory=dict)
    unknown: list[UsageReport] = field(default_factory=list)

    def change(self, due: Due, **values: object) -> None:
        """Only what differs."""
        if any(getattr(due, name) != value for name, value in values.items()):
            if "due_on" in values and due.due_on != values["due_on"]:
                due.told_of = None
            for name, value in values.items():
                setattr(due, name, value)
            due.updated_at = self.at
            self.changed[due.pk] = due

    def write(self) -> int:
        Due.objects.bulk_create(self.made, batch_size=1_000)
        if self.changed:
            Due.objects.bulk_update(self.changed.values(), CHANGED, batch_size=500)
        UsageReport.objects.bulk_create(self.unknown)
        return len(self.made) + len(self.changed) + len(self.unknown)


class _Read:
    """What belongs to a batch of contracts, by contract."""

    def __init__(self) -> None:
        self.versions: dict[int, list[ContractVersion]] = defaultdict(list)
        self.dues: dict[int, list[Due]] = defaultdict(list)
        self.sales: dict[int, dict[int, Sales]] = defaultdict(dict)
        self.used: dict[int, set[int]] = defaultdict(set)

    def facts(self, contract: Contract, dues: Sequence[Due]) -> Facts | None:
        assert contract.signed_on
        assert contract.starts_on
        held = self.versions[contract.pk]
        try:
            versions = [
                Version(each.pk, each.holds_from or contract.starts_on, Terms.from_json(each.terms)) for each in held
            ]
        except DomainError:
            log.exception("terms of contract %s cannot be read", contract.number)
            return None
        if not versions:
            return None
        extended = any(due.kind == DueKind.START and due.extended_at for due in dues)
        return Facts(
            contract.signed_on, contract.ended_on or contract.ends_on, contract.ended_on is not None, versions,
            self.sales[contract.pk], extended,
        )  # fmt: skip


def _read(contracts: Sequence[Contract]) -> _Read:
    read, keys = _Read(), [contract.pk for contract in contracts]
    for version in ContractVersion.objects.filter(contract__in=keys, state__in=HELD).order_by("contract", "serial"):
        read.versions[version.contract_id].append(version)
    for due in Due.objects.filter(contract__in=keys).order_by("contract", "pk"):
        read.dues[due.contract_id].append(due)
    reported = SalesStatement.objects.filter(contract__in=keys).counting()
    for contract, year, net_won, state in reported.values_list("contract", "year", "net_sales_won", "state"):
        read.sales[contract][year] = Sales(net_won, state == StatementState.ACCEPTED)
    for contract, year in UsageReport.objects.filter(contract__in=keys).values_list("contract", "year"):
        read.used[contract].add(year)
    return read


def base_of(key: str) -> str:
    """The line of the terms that a due belongs to: `running:2026` of `running:2026#2`."""
    return key.partition(MARK)[0]


def _settle(contract: Contract, facts: Facts, dues: list[Due], today: date, changes: Changes) -> None:
    by_base: dict[str, list[Due]] = defaultdict(list)
    for due in dues:
        if due.kind != DueKind.LATE_INTEREST:
            by_base[base_of(due.key)].append(due)
    for line in lines(facts, today):
        rows = by_base.pop(line.key, [])
        if facts.is_ended and _only_to_reach(line, rows):
            _drop(rows, ENDED, changes)
        elif line.kind in (DueKind.STATEMENT, DueKind.USAGE, DueKind.START):
            _report(contract, line, rows, dues, changes)
        else:
            _money(contract, line, rows, dues, changes)
    for rows in by_base.values():
        _drop(rows, ENDED if facts.is_ended else NOT_IN_TERMS, changes)


def _only_to_reach(line: Line, rows: Iterable[Due]) -> bool:
    """Whether it still depends on being reached."""
    if line.kind == DueKind.START:
        return True
    return line.kind == DueKind.MILESTONE and not any(due.is_owed for due in rows)


def _stands(due: Due) -> bool:
    """Whether it says something about its line; what the house itself has taken off does not."""
    return due.state != DueState.WAIVED or due.waived_by_id is not None


def _report(contract: Contract, line: Line, rows: list[Due], dues: list[Due], changes: Changes) -> None:
    standing = [due for due in rows if _stands(due)]
    if not standing:
        _make(contract, line, None, rows, dues, changes)
    elif standing[-1].is_open:
        changes.change(standing[-1], due_on=line.due_on)


def _money(contract: Contract, line: Line, rows: list[Due], dues: list[Due], changes: Changes) -> None:
    standing = [due for due in rows if _stands(due)]
    if line.amount_won is None:
        if not standing:
            _make(contract, line, None, rows, dues, changes)
        elif free := next((due for due in standing if is_free(due)), None):
            changes.change(free, due_on=_day_of(free, line), excess_won=0)
        return
    found = spread(standing, line.amount_won)
    for due, excess_won in found.kept:
        changes.change(due, excess_won=excess_won)
    for due, won in found.free:
        due_on = _day_of(due, line)
        if due.amount_won != won or due.due_on != due_on:
            changes.change(due, amount_won=won, due_on=due_on, version_id=line.version)
        changes.change(due, excess_won=0)
        if not won:
            changes.change(due, state=DueState.DONE, done_at=changes.at)
    if not found.free and (found.rest_won or not found.kept):
        _make(contract, line, found.rest_won, rows, dues, changes)


def _day_of(due: Due, line: Line) -> date:
    """A milestone that was confirmed has the day that came of it."""
    return due.due_on if due.kind == DueKind.MILESTONE and due.is_owed else line.due_on


def _make(
    contract: Contract, line: Line, amount_won: int | None, rows: list[Due], dues: list[Due], changes: Changes
) -> None:
    key = f"{line.key}{MARK}{len(rows) + 1}" if rows else line.key
    is_owed = line.is_owed or any(due.is_owed and _stands(due) for due in rows)
    nothing = amount_won == 0
    made = Due(
        contract=contract, version_id=line.version, kind=line.kind, key=key, year=line.year, due_on=line.due_on,
        amount_won=amount_won, is_owed=is_owed, state=DueState.DONE if nothing else DueState.EXPECTED,
        done_at=changes.at if nothing else None,
    )  # fmt: skip
    changes.made.append(made)
    dues.append(made)


def _drop(rows: Iterable[Due], reason: str, changes: Changes) -> None:
    for due in rows:
        if is_free(due):
            changes.change(due, state=DueState.WAIVED, waived_at=changes.at, waived_reason=reason, excess_won=0)


def _note_unknown(contract: Contract, dues: Iterable[Due], used: set[int], today: date, changes: Changes) -> None:
    """Whoever says nothing of the use by the day is unknown to the figures, once for each year."""
    for due in dues:
        if due.kind == DueKind.USAGE and due.is_overdue_on(today) and due.year and due.year not in used:
            used.add(due.year)
            unknown = UsageReport(contract=contract, year=due.year, usage=Usage.UNKNOWN, reported_at=changes.at)
            changes.unknown.append(unknown)
