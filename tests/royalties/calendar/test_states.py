"""State tables in Python and the database, and what the database refuses on any path."""

import itertools

import pytest
from django.db import DatabaseError, transaction

from marketplace.core.states import IllegalTransition
from royalties.enums.calendar import (
    DUE_STATES,
    REACHED_STATES,
    STATEMENT_STATES,
    DueState,
    ReachedState,
    StatementState,
)
from royalties.models import CalendarRun, Due, LateCharge, LateRule, ReachedReport, SalesStatement, UsageReport
from tests.factories.deals.contracts import member
from tests.factories.royalties.calendar import LUMP, NOW, STEPS, TODAY, contract, due, late_rules


def agree(machine, row, after, changes, also_before=None):
    """Python and a bare UPDATE say the same."""
    allowed = machine.can(row, after)
    if allowed:
        machine.move(row, after, **changes)
        return
    with pytest.raises(IllegalTransition):
        machine.move(row, after, **changes)
    with pytest.raises(DatabaseError), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**{machine.field: after}, **changes)


def due_fields(state, by):
    plain = {"done_at": None, "waived_reason": ""}
    return plain | {
        DueState.DONE: {"done_at": NOW},
        DueState.WAIVED: {"waived_at": NOW, "waived_by": by, "waived_reason": "x"},
    }.get(state, {})


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(DueState, 2)))
def test_every_move_of_a_due(before, after):
    made = contract(LUMP)
    by, found = member(made.holder), due(made, "upfront")
    if before != DueState.EXPECTED:
        DUE_STATES.move(found, before, **due_fields(before, by))
    agree(DUE_STATES, found, after, due_fields(after, by))


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(StatementState, 2)))
def test_every_move_of_a_statement(before, after):
    made = contract(LUMP)
    row = SalesStatement.objects.create(
        contract=made, year=2025, gross_won=1, net_sales_won=1, reported_at=NOW, reported_by=member(made.firm)
    )
    if before != StatementState.REPORTED:
        STATEMENT_STATES.move(row, before)
    agree(STATEMENT_STATES, row, after, {})


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(ReachedState, 2)))
def test_every_move_of_what_was_reached(before, after):
    made = contract(STEPS)
    by = member(made.holder)
    row = ReachedReport.objects.create(
        due=due(made, "milestone:prototype"), reached_on=TODAY, text="x", reported_at=NOW, reported_by=by
    )

    def fields(state):
        said = {"decided_at": NOW, "decided_by": by, "decided_text": "x"}
        return {"decided_at": None, "decided_by": None} if state == ReachedState.REPORTED else said

    if before != ReachedState.REPORTED:
        REACHED_STATES.move(row, before, **fields(before))
    agree(REACHED_STATES, row, after, fields(after))


def refused(act):
    with pytest.raises(DatabaseError), transaction.atomic():
        act()


def test_what_was_said_is_never_rewritten():
    made = contract(STEPS)
    late_rules()
    by, found = member(made.firm), due(made, "milestone:prototype")
    said = {"reported_at": NOW, "reported_by": by}
    SalesStatement.objects.create(contract=made, year=2025, gross_won=1, net_sales_won=1, is_audited=True, **said)
    ReachedReport.objects.create(due=found, reached_on=TODAY, text="x", **said)
    LateCharge.objects.create(
        due=found, source=made.public_id, won=5, paid_on=TODAY, days=1, interest_won=1, charged_at=NOW
    )
    refused(lambda: SalesStatement.objects.update(net_sales_won=2, gross_won=2))
    refused(lambda: SalesStatement.objects.update(is_audited=False))
    refused(lambda: ReachedReport.objects.update(text="y"))
    refused(lambda: LateCharge.objects.update(interest_won=0))
    refused(lambda: UsageReport.objects.update(usage="in_use"))
    refused(lambda: LateRule.objects.update(rate_bp=1))
    refused(lambda: LateRule.objects.all().delete())
    refused(lambda: Due.objects.filter(pk=found.pk).update(key="x"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_won": None, "state": "invoiced"},
        {"paid_won": 20_000_001},
        {"excess_won": 20_000_001},
        {"is_owed": False, "state": "invoiced"},
        {"state": "done"},
        {"done_at": NOW},
        {"state": "waived"},
        {"extended_at": NOW},
        {"extended_reason": "x"},
        {"kind": "other"},
    ],
)
def test_a_due_that_makes_no_sense_is_refused(wrong):
    found = due(contract(STEPS), "milestone:prototype")
    refused(lambda: Due.objects.filter(pk=found.pk).update(**wrong))


def test_only_a_milestone_depends_on_being_reached():
    found = due(contract(LUMP), "upfront")
    refused(lambda: Due.objects.filter(pk=found.pk).update(is_owed=False))


def test_one_statement_of_a_year_counts_and_one_report_stands():
    made = contract(STEPS)
    by = member(made.firm)
    said = {"reported_at": NOW, "reported_by": by}
    given = {"contract": made, "year": 2025, "gross_won": 1, "net_sales_won": 1, **said}
    SalesStatement.objects.create(**given)
    refused(lambda: SalesStatement.objects.create(**given, serial=2))
    given = {"due": due(made, "milestone:prototype"), "reached_on": TODAY, "text": "x", **said}
    ReachedReport.objects.create(**given)
    refused(lambda: ReachedReport.objects.create(**given))


def test_a_run_says_its_day():
    assert str(CalendarRun(day=TODAY)) == "2026-03-02"
