"""Reports, checks, milestones and waivers: each once, refused ones without a trace."""

import datetime

import pytest

from accounts.enums import Role
from deals.terms import Method, Terms
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from royalties.models import Due, ReachedReport, SalesStatement, UsageReport
from royalties.services.calendar.check_sales import accept, question
from royalties.services.calendar.late_rules import write_late_rule
from royalties.services.calendar.reach import confirm_reached, extend_start, refuse_reached, report_reached
from royalties.services.calendar.report_sales import report_sales
from royalties.services.calendar.report_usage import report_usage
from royalties.services.calendar.settle import settle
from royalties.services.calendar.waive import waive
from royalties.sharing.audit import is_drawn
from tests.factories.accounts import MembershipFactory
from tests.factories.deals.contracts import member
from tests.factories.royalties.calendar import (
    LUMP,
    NOW,
    STEPS,
    SWAP,
    TODAY,
    contract,
    due,
    ended,
    keeper,
    late_rules,
    manager,
    moment,
    reporter,
)

DAY = datetime.timedelta(days=1)


def traces():
    models = (Due, SalesStatement, UsageReport, ReachedReport)
    return [list(model.objects.order_by("pk").values()) for model in models] + [Notification.objects.count()]


def told(person, kind):
    return Notification.objects.filter(recipient=person, kind=kind).count()


def reported(made, *, year=2025, gross_won=100_000_000, by=None, **also):
    return report_sales(contract=made, year=year, gross_won=gross_won, by=by or reporter(made), at=NOW, **also)


# --- sales ----------------------------------------------------------------------------------------------------------


def test_reported_accepted_and_then_royalty_is_due():
    made = contract()
    holder = keeper(made)
    found = reported(made, deductions_won=10_000_000)
    assert (found.is_new, found.statement.net_sales_won) == (True, 90_000_000)
    assert due(made, "statement:2025").state == "done"
    assert due(made, "running:2025").amount_won is None
    assert told(holder, "sales_reported") == 1

    accept(statement=found.statement, text="Books seen", by=holder, at=NOW)
    assert due(made, "running:2025").amount_won == 2_700_000
    assert told(found.statement.reported_by, "sales_accepted") == 1


def test_the_same_twice_is_one_statement():
    made, by = contract(), None
    first = reported(made)
    again = reported(made, by=first.statement.reported_by or by)
    assert (again.statement, again.is_new) == (first.statement, False)
    assert SalesStatement.objects.count() == 1


def test_a_correction_names_what_it_corrects_and_takes_its_place():
    made = contract()
    first = reported(made).statement
    before = traces()
    with pytest.raises(ChangedMeanwhile):
        reported(made, gross_won=120_000_000)
    assert traces()[:4] == before[:4]

    second = reported(made, gross_won=120_000_000, seen=1).statement
    first.refresh_from_db()
    assert (first.state, second.serial, second.state) == ("corrected", 2, "reported")
    with pytest.raises(Conflict, match="corrected"):
        accept(statement=first, text="x", by=keeper(made), at=NOW)


def test_a_question_is_answered_by_a_correction():
    made = contract()
    statement = reported(made).statement
    holder = keeper(made)
    with pytest.raises(DomainError) as refused:
        question(statement=statement, text=" ", by=holder, at=NOW)
    assert refused.value.field == "text"
    question(statement=statement, text="Which freight?", by=holder, at=NOW)
    question(statement=statement, text=" Which freight?", by=holder, at=NOW)  # clicked twice
    assert told(statement.reported_by, "sales_questioned") == 1
    answer = reported(made, text="None: sold ex works.", seen=1).statement
    assert told(holder, "sales_corrected") == 1
    accept(statement=answer, text="x", by=holder, at=NOW)
    before = traces()
    assert accept(statement=answer, text="x", by=holder, at=NOW).state == "accepted"  # clicked twice
    with pytest.raises(Conflict, match="accepted"):
        question(statement=answer, text="x", by=holder, at=NOW)
    with pytest.raises(Conflict, match="accepted"):  # somebody else is told who was first
        accept(statement=answer, text="x", by=manager(made.holder), at=NOW)
    assert traces() == before


def test_an_accepted_statement_can_be_corrected_and_the_difference_is_due():
    made = contract()
    holder = keeper(made)
    first = reported(made).statement
    accept(statement=first, text="x", by=holder, at=NOW)
    Due.objects.filter(key="running:2025").update(state="invoiced")
    second = reported(made, gross_won=150_000_000, seen=1).statement
    assert not Due.objects.filter(key="running:2025#2").exists()
    accept(statement=second, text="x", by=holder, at=NOW)
    assert due(made, "running:2025#2").amount_won == 1_500_000


def test_lines_give_the_sums():
    made = contract()
    lines = [
        {"product": "A", "quantity": 2, "sales_won": 70_000_000, "deductions_won": 1_000_000},
        {"product": "B", "quantity": 1, "sales_won": 30_000_000, "deductions_won": 0},
    ]
    statement = reported(made, gross_won=1, lines=lines).statement
    assert (statement.gross_won, statement.net_sales_won) == (100_000_000, 99_000_000)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"year": 2026}, "year"),
        ({"year": 2023}, "year"),
        ({"gross_won": -1}, "gross_won"),
        ({"gross_won": 5, "deductions_won": 6}, "deductions_won"),
        ({"gross_won": 10**15 + 1}, "gross_won"),
        ({"text": "x" * 4_001}, "text"),
    ],
)
def test_what_cannot_be_reported_leaves_no_trace(given, field):
    made = contract()
    by, before = reporter(made), traces()
    with pytest.raises(DomainError) as refused:
        reported(made, by=by, **given)
    assert refused.value.field == field
    assert traces() == before


def test_the_last_year_is_reported_when_the_contract_is_over():
    made = ended(contract(), TODAY - DAY)
    assert reported(made, year=2026, gross_won=1_000_000).is_new


def test_a_lump_sum_asks_for_no_sales():
    made = contract(LUMP)
    with pytest.raises(NotPossibleNow):
        reported(made)


def test_a_statement_drawn_for_an_audit_is_accepted_with_what_was_checked():
    made = contract()
    statement = reported(made, gross_won=100, deductions_won=50).statement  # half of it deducted: remarkable
    assert statement.is_audited
    before = traces()
    with pytest.raises(DomainError, match="evidence"):
        accept(statement=statement, by=keeper(made), at=NOW)
    assert traces()[:4] == before[:4]
    accept(statement=statement, text="Invoices 1 to 9", by=keeper(made), at=NOW)


def test_the_draw_can_be_made_again_by_anybody():
    numbers = [f"C2026{serial:06d}" for serial in range(2_000)]
    drawn = [number for number in numbers if is_drawn(number, 2026)]
    assert drawn == [number for number in numbers if is_drawn(number, 2026)]
    assert 150 < len(drawn) < 250
    made = contract()
    assert reported(made).statement.is_audited == is_drawn(made.number, 2025)


@pytest.mark.parametrize("side", ["firm", "holder"])
def test_only_the_right_side_may(side):
    made = contract()
    statement = reported(made).statement
    before = traces()[:4]
    wrong = member(made.firm if side == "firm" else made.holder, role=Role.STAFF)
    viewer = member(made.holder, role=Role.VIEWER)
    if side == "holder":
        with pytest.raises(NotAllowed):
            reported(made, gross_won=1, seen=1, by=wrong)
    for person in (viewer, wrong if side == "firm" else viewer):
        with pytest.raises(NotAllowed):
            accept(statement=statement, text="x", by=person, at=NOW)
    assert traces()[:4] == before


# --- use ------------------------------------------------------------------------------------------------------------


def test_use_is_reported_once_and_the_newest_counts():
    made = contract(LUMP)
    by, holder = reporter(made), keeper(made)
    first = report_usage(contract=made, year=2025, usage="in_use", by=by, at=NOW)
    assert report_usage(contract=made, year=2025, usage="in_use", by=by, at=NOW) == first
    assert (due(made, "usage:2025").state, told(holder, "usage_reported")) == ("done", 1)
    report_usage(contract=made, year=2025, usage="abandoned", text="No market", by=by, at=NOW)
    assert list(made.usage_reports.filter(year=2025).order_by("pk").values_list("usage", flat=True)) == [
        "in_use",
        "abandoned",
    ]


@pytest.mark.parametrize(("usage", "text", "field"), [("unknown", "x", "usage"), ("paused", " ", "text")])
def test_use_that_says_nothing_is_refused(usage, text, field):
    made = contract(LUMP)
    by, before = reporter(made), traces()
    with pytest.raises(DomainError) as refused:
        report_usage(contract=made, year=2025, usage=usage, text=text, by=by, at=NOW)
    assert (refused.value.field, traces()) == (field, before)


def test_a_late_report_takes_the_place_of_unknown():
    made = contract(LUMP)
    assert made.usage_reports.get().usage == "unknown"  # of 2024, noted by the house
    report_usage(contract=made, year=2024, usage="in_use", by=reporter(made), at=NOW)
    assert made.usage_reports.order_by("-pk")[0].usage == "in_use"
    assert due(made, "usage:2024").state == "done"


# --- milestones and start -------------------------------------------------------------------------------------------


def reach(found, by, *, day=TODAY, text="Report 7"):
    return report_reached(due=found, reached_on=day, text=text, by=by, at=NOW)


def test_a_milestone_is_owed_when_the_holder_has_confirmed_it():
    made = contract(STEPS)
    found, by, holder = due(made, "milestone:prototype"), reporter(made), keeper(made)
    assert not found.is_overdue_on(TODAY + 400 * DAY)
    report = reach(found, by)
    assert reach(found, by) == report
    with pytest.raises(Conflict, match="before you"):
        reach(found, by, text="Report 8")
    refuse_reached(report=report, text="Not sealed", by=holder, at=NOW)
    assert told(by, "reached_refused") == 1
    report = reach(found, by, text="Sealed now")
    confirm_reached(report=report, by=holder, at=NOW)
    found.refresh_from_db()
    assert (found.is_owed, found.due_on, found.amount_won) == (True, TODAY + 30 * DAY, 20_000_000)
    with pytest.raises(Conflict):
        confirm_reached(report=report, by=holder, at=NOW)
    assert settle(contract=made, at=NOW) == 0
    found.refresh_from_db()
    assert found.due_on == TODAY + 30 * DAY


@pytest.mark.parametrize("day", [TODAY + DAY, datetime.date(2024, 3, 31)])
def test_reached_between_signing_and_today(day):
    made = contract(STEPS)
    by, before = reporter(made), traces()
    with pytest.raises(DomainError) as refused:
        reach(due(made, "milestone:prototype"), by, day=day)
    assert (refused.value.field, traces()) == ("reached_on", before)


def test_production_has_one_year_and_one_more():
    made = contract(SWAP, at=moment(datetime.date(2025, 3, 1)))
    by, start = reporter(made), due(made, "start")
    assert start.due_on == datetime.date(2025, 4, 1)
    given = {"due": start, "reason": "Press late", "by": by, "at": moment(datetime.date(2025, 4, 2))}
    extend_start(**given)
    extend_start(**given)
    start.refresh_from_db()
    assert start.due_on == datetime.date(2026, 4, 1)
    with pytest.raises(NotPossibleNow):
        extend_start(**given | {"reason": "Again"})
    assert settle(contract=made, at=moment(datetime.date(2025, 4, 2))) == 1  # the use of 2024 is unknown now
    start.refresh_from_db()
    assert start.due_on == datetime.date(2026, 4, 1)
    confirm_reached(report=reach(start, by), by=keeper(made), at=NOW)
    start.refresh_from_db()
    assert start.state == "done"


def test_the_further_year_is_not_given_after_it_is_over():
    made = contract(SWAP, at=moment(datetime.date(2026, 4, 2)))
    with pytest.raises(NotPossibleNow, match="over"):
        extend_start(due=due(made, "start"), reason="x", by=reporter(made), at=moment(datetime.date(2026, 4, 2)))


def test_nobody_else_reaches_or_confirms():
    made = contract(STEPS)
    found = due(made, "milestone:prototype")
    report = reach(found, reporter(made))
    stranger = MembershipFactory(institute=True, manager=True).user
    before = traces()[:4]
    for person in (stranger, reporter(made)):
        for act, text in ((confirm_reached, ""), (refuse_reached, "x")):
            with pytest.raises(NotAllowed):
                act(report=report, text=text, by=person, at=NOW)
    with pytest.raises(NotAllowed):
        reach(found, keeper(made))
    assert traces()[:4] == before


# --- waived ---------------------------------------------------------------------------------------------------------


def test_a_manager_of_the_holder_waives_with_a_reason_once():
    made = contract(LUMP)
    by, found = manager(made.holder), due(made, "instalment:1")
    firm = reporter(made)
    waive(due=found, reason="Hardship", seen_won=5_000_000, by=by, at=NOW)
    found.refresh_from_db()
    assert (found.state, found.waived_by, found.waived_reason) == ("waived", by, "Hardship")
    assert told(firm, "due_waived") == 1
    with pytest.raises(Conflict):
        waive(due=found, reason="Hardship", seen_won=5_000_000, by=by, at=NOW)


@pytest.mark.parametrize(
    ("state", "reason", "seen", "error"),
    [
        ("expected", " ", 5_000_000, DomainError),
        ("expected", "x", 4_999_999, NotPossibleNow),
        ("invoiced", "x", 5_000_000, NotPossibleNow),
        ("expected", "x" * 501, 5_000_000, DomainError),
    ],
)
def test_what_cannot_be_waived_leaves_no_trace(state, reason, seen, error):
    made = contract(LUMP)
    by = manager(made.holder)
    Due.objects.filter(key="instalment:1").update(state=state)
    before = traces()
    with pytest.raises(error):
        waive(due=due(made, "instalment:1"), reason=reason, seen_won=seen, by=by, at=NOW)
    with pytest.raises(NotAllowed):
        waive(due=due(made, "instalment:1"), reason="x", seen_won=5_000_000, by=manager(made.firm), at=NOW)
    assert traces() == before or traces()[:4] == before[:4]


def test_royalty_that_is_not_known_is_not_waived():
    made = contract(Terms(method=Method.RUNNING, running_bp=100))
    with pytest.raises(NotPossibleNow, match="not known"):
        waive(due=due(made, "running:2025"), reason="x", seen_won=None, by=manager(made.holder), at=NOW)


# --- rules of late interest -----------------------------------------------------------------------------------------


def test_an_officer_adds_a_version_for_a_day_to_come():
    late_rules()
    officer = MembershipFactory(government=True, user__second_factor=True).user
    given = {"rate_bp": 500, "effective_from": TODAY + DAY, "source": "Act", "is_assumption": False}
    rule = write_late_rule(**given, by=officer, at=NOW)
    assert (rule.version, rule.written_by) == (2, officer)
    assert write_late_rule(**given, by=officer, at=NOW) == rule
    for wrong in ({"effective_from": TODAY}, {"rate_bp": 2_001}, {"source": " "}):
        with pytest.raises(DomainError) as refused:
            write_late_rule(**given | wrong, by=officer, at=NOW)
        assert refused.value.field == next(iter(wrong))
    with pytest.raises(NotAllowed):
        write_late_rule(**given, by=MembershipFactory(institute=True, manager=True).user, at=NOW)
