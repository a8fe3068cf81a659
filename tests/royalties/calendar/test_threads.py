"""At the same moment. Each race is run with the locks, and without them to show what they are for."""

import pytest

from royalties.models import Due, SalesStatement
from royalties.services.calendar import late, reach, report_sales, settle
from royalties.services.calendar.check_sales import accept
from royalties.services.calendar.reach import confirm_reached, refuse_reached
from royalties.services.calendar.settle import settle as settle_one
from royalties.services.calendar.waive import waive
from tests.factories.deals.contracts import in_force
from tests.factories.royalties.calendar import (
    LUMP,
    NOW,
    STEPS,
    TODAY,
    contract,
    due,
    keeper,
    late_rules,
    manager,
    reporter,
)
from tests.threads import at_once, kinds, meet_in

pytestmark = pytest.mark.django_db(transaction=True)


def reported(made, by, gross_won=100_000_000, seen=0):
    return report_sales.report_sales(contract=made, year=2025, gross_won=gross_won, seen=seen, by=by, at=NOW)


def test_accepted_and_corrected_at_once(locked, meeting):
    made = contract()
    firm, holder = reporter(made), keeper(made)
    first = reported(made, firm).statement
    outcomes = at_once(
        lambda: accept(statement=first, text="x", by=holder, at=NOW),
        lambda: reported(made, firm, gross_won=120_000_000, seen=1),
    )
    states = sorted(SalesStatement.objects.values_list("serial", "state"))
    if locked:
        # One after the other: a correction of what was accepted is allowed, an acceptance of what was corrected is not.
        assert kinds(outcomes) in (["done", "done"], ["done", "told"])
        assert states == [(1, "corrected"), (2, "reported")]
    else:
        # Both passed the check on the same row: the trigger of moves stops who comes second, but for a correction.
        assert kinds(outcomes) in (["database", "done"], ["done", "done"])


def test_settled_twice_at_once(locked, monkeypatch):
    made = in_force(terms=LUMP.to_json(), method="lump_sum")
    meet_in(monkeypatch, settle, "_read", locked=locked)
    meet_in(monkeypatch, settle, "lines", locked=locked)
    outcomes = at_once(*[lambda: settle_one(contract=made, at=NOW)] * 2)
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    if locked:
        assert sorted(outcomes)[0] == 0
    keys = list(Due.objects.values_list("key", flat=True))
    assert len(keys) == len(set(keys)) > 0


def test_reported_twice_at_once_is_one_statement(locked, monkeypatch):
    made = contract()
    by = reporter(made)
    meet_in(monkeypatch, report_sales, "sales_before", locked=locked)
    outcomes = at_once(*[lambda: reported(made, by)] * 2)
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    assert SalesStatement.objects.count() == 1


def test_confirmed_and_refused_at_once(locked, meeting):
    made = contract(STEPS)
    given = {"reached_on": TODAY, "text": "x", "by": reporter(made), "at": NOW}
    report = reach.report_reached(due=due(made, "milestone:prototype"), **given)
    one, other = keeper(made), keeper(made)
    outcomes = at_once(
        lambda: confirm_reached(report=report, by=one, at=NOW),
        lambda: refuse_reached(report=report, text="x", by=other, at=NOW),
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])


def test_waived_twice_at_once(locked, meeting):
    made = contract(LUMP)
    found, people = due(made, "instalment:1"), [manager(made.holder) for _ in range(2)]
    outcomes = at_once(
        *(
            lambda by=by: waive(due=found, reason=by.email, seen_won=5_000_000, by=by, at=NOW)
            for by in people
        )
    )  # fmt: skip
    if locked:
        assert kinds(outcomes) == ["done", "told"]
    else:
        assert kinds(outcomes) != ["done", "told"]


def test_two_late_payments_at_once_lose_no_interest(locked, monkeypatch):
    import datetime
    import uuid

    late_rules()
    made = contract(LUMP)
    found, paid_on = due(made, "upfront"), datetime.date(2024, 4, 11)
    meet_in(monkeypatch, Due.objects, "create", locked=locked)  # after each has read what there is
    given = {"due": found, "won": 3_650_000, "paid_on": paid_on, "at": NOW}
    outcomes = at_once(*(lambda: late.charge_late(**given, source=uuid.uuid4()) for _ in range(2)))
    if locked:
        assert kinds(outcomes) == ["done", "done"]
        assert due(made, "late:upfront").amount_won == 12_000
    else:
        assert kinds(outcomes) == ["database", "done"]
