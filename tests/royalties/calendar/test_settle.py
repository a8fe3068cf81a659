"""What is due, from terms and reports: the same again writes nothing, and nothing that was asked for is rewritten."""

import datetime

import pytest

from deals.terms import Method, Terms
from royalties.models import Due, SalesStatement, UsageReport
from royalties.services.calendar.settle import settle, settle_many
from tests.factories.deals.contracts import member
from tests.factories.royalties.calendar import (
    GUARDED,
    LUMP,
    NOW,
    RUNNING,
    STEPS,
    SWAP,
    TODAY,
    amended,
    contract,
    due,
    ended,
    moment,
    rows,
)

DAY = datetime.timedelta(days=1)


def reported(made, year, net_won, state="accepted", serial=1):
    return SalesStatement.objects.create(
        contract=made, year=year, serial=serial, gross_won=net_won, net_sales_won=net_won, state=state,
        reported_at=NOW, reported_by=member(made.firm),
    )  # fmt: skip


def money(made):
    return {key: (amount, state) for key, amount, state in rows(made) if not key.startswith(("usage", "statement"))}


def test_a_lump_sum_with_instalments_on_their_days():
    made = contract(LUMP)
    assert [(key, due(made, key).due_on) for key in ("upfront", "instalment:1", "instalment:2")] == [
        ("upfront", datetime.date(2024, 4, 1)),
        ("instalment:1", datetime.date(2024, 10, 1)),
        ("instalment:2", datetime.date(2026, 10, 1)),
    ]
    assert money(made) == {
        "instalment:1": (5_000_000, "expected"),
        "instalment:2": (5_000_000, "expected"),
        "upfront": (10_000_000, "expected"),
    }
    usage = due(made, "usage:2024")
    assert (usage.due_on, usage.amount_won) == (datetime.date(2025, 3, 31), None)


@pytest.mark.parametrize("terms", [LUMP, RUNNING, GUARDED, SWAP, STEPS], ids=lambda terms: terms.method)
def test_the_same_again_writes_nothing(terms, django_assert_num_queries):
    made = contract(terms)
    reported(made, 2024, 100_000_000)
    settle(contract=made, at=NOW)
    before = list(Due.objects.order_by("pk").values())
    with django_assert_num_queries(7):  # savepoint, contracts, versions, dues, statements, usage, release
        assert settle(contract=made, at=NOW + DAY / 2) == 0
    assert list(Due.objects.order_by("pk").values()) == before


def test_running_royalty_is_known_when_sales_are_accepted():
    made = contract()
    assert money(made)["running:2025"] == (None, "expected")
    statement = reported(made, 2025, 123_456_789, "reported")
    settle(contract=made, at=NOW)
    assert money(made)["running:2025"] == (None, "expected")
    statement.state = "accepted"
    statement.save()
    settle(contract=made, at=NOW)
    assert money(made)["running:2025"] == (3_703_703, "expected")
    assert due(made, "running:2025").due_on == datetime.date(2026, 3, 31)


@pytest.mark.parametrize(("day", "owed"), [(datetime.date(2026, 3, 31), None), (datetime.date(2026, 4, 1), 3_000_000)])
def test_or_when_the_day_has_passed_and_they_were_reported(day, owed):
    made = contract()
    reported(made, 2025, 100_000_000, "reported")
    settle(contract=made, at=moment(day))
    assert money(made)["running:2025"] == (owed, "expected")


def test_no_sales_are_nothing_owed():
    made = contract()
    reported(made, 2025, 0)
    settle(contract=made, at=NOW)
    assert money(made)["running:2025"] == (0, "done")
    assert settle(contract=made, at=NOW) == 0


@pytest.mark.parametrize(
    ("sales", "running", "least"),
    [
        (100_000_000, (3_000_000, "expected"), (2_000_000, "expected")),
        (200_000_000, (6_000_000, "expected"), (0, "done")),
    ],
)
def test_the_minimum_is_what_lacks(sales, running, least):
    made = contract(GUARDED)
    assert "minimum:2024" not in money(made)
    reported(made, 2025, sales)
    settle(contract=made, at=NOW)
    assert (money(made)["running:2025"], money(made)["minimum:2025"]) == (running, least)


def test_who_reports_nothing_owes_the_whole_minimum_until_something_is_reported():
    made = contract(GUARDED)
    settle(contract=made, at=moment(datetime.date(2026, 4, 1)))
    assert (money(made)["running:2025"], money(made)["minimum:2025"]) == ((None, "expected"), (5_000_000, "expected"))
    reported(made, 2025, 100_000_000)
    settle(contract=made, at=moment(datetime.date(2026, 4, 2)))
    assert (money(made)["running:2025"], money(made)["minimum:2025"]) == (
        (3_000_000, "expected"),
        (2_000_000, "expected"),
    )


def test_a_swap_is_recovered_to_the_won_and_then_plain():
    made = contract(SWAP)
    reported(made, 2024, 300_000_000)
    reported(made, 2025, 100_000_000)
    settle(contract=made, at=NOW)
    assert money(made)["running:2024"] == (18_000_000, "expected")  # 9 million, and as much again
    assert money(made)["running:2025"] == (4_000_000, "expected")  # 3 million, and the last million of the discount
    start = due(made, "start")
    assert start.due_on == datetime.date(2025, 4, 1)


def test_a_cap_counts_all_years_also_under_other_terms():
    capped = Terms(method=Method.RUNNING, running_bp=300, cap_won=10_000_000)
    made = contract(capped)
    reported(made, 2024, 200_000_000)
    reported(made, 2025, 200_000_000)
    amended(made, Terms(method=Method.RUNNING, running_bp=100, cap_won=7_000_000), holds_from=datetime.date(2025, 6, 1))
    settle(contract=made, at=NOW)
    assert money(made)["running:2024"] == (6_000_000, "expected")
    assert money(made)["running:2025"] == (1_000_000, "expected")


def test_an_amendment_changes_what_is_not_asked_for_yet_only():
    made = contract(LUMP)
    asked = due(made, "instalment:1")
    asked.state = "invoiced"
    asked.save()
    before = Due.objects.filter(pk=asked.pk).values().get()
    amended(
        made,
        Terms(method=Method.LUMP_SUM, upfront_won=12_000_000, instalments=(LUMP.instalments[0],)),
        holds_from=TODAY,
    )
    settle(contract=made, at=NOW)
    assert money(made) == {
        "instalment:1": (5_000_000, "invoiced"),
        "instalment:2": (5_000_000, "waived"),
        "upfront": (12_000_000, "expected"),
    }
    assert Due.objects.filter(pk=asked.pk).values().get() == before
    assert due(made, "instalment:2").waived_reason
    assert settle(contract=made, at=NOW) == 0

    amended(made, Terms(method=Method.LUMP_SUM, upfront_won=12_000_000, instalments=LUMP.instalments), holds_from=TODAY)
    settle(contract=made, at=NOW)
    assert money(made)["instalment:2#2"] == (5_000_000, "expected")
    assert settle(contract=made, at=NOW) == 0


def test_more_than_was_asked_for_is_a_line_of_its_own_and_less_is_noted():
    made = contract()
    first = reported(made, 2025, 100_000_000)
    settle(contract=made, at=NOW)
    Due.objects.filter(key="running:2025").update(state="invoiced", paid_won=1_000_000)
    first.state = "corrected"
    first.save()
    second = reported(made, 2025, 150_000_000, serial=2)
    settle(contract=made, at=NOW)
    assert money(made)["running:2025"] == (3_000_000, "invoiced")
    assert money(made)["running:2025#2"] == (1_500_000, "expected")

    second.state = "corrected"
    second.save()
    reported(made, 2025, 80_000_000, serial=3)
    settle(contract=made, at=NOW)
    assert money(made)["running:2025#2"] == (0, "done")
    assert due(made, "running:2025").excess_won == 600_000
    assert settle(contract=made, at=NOW) == 0


def test_less_is_asked_for_once_nobody_is_asked_any_more():
    made = contract()
    first = reported(made, 2025, 100_000_000)
    settle(contract=made, at=NOW)
    Due.objects.filter(key="running:2025").update(state="invoiced")
    first.state = "corrected"
    first.save()
    reported(made, 2025, 40_000_000, serial=2)
    settle(contract=made, at=NOW)
    assert (due(made, "running:2025").amount_won, due(made, "running:2025").excess_won) == (3_000_000, 1_800_000)
    Due.objects.filter(key="running:2025").update(state="expected")
    settle(contract=made, at=NOW)
    found = due(made, "running:2025")
    assert (found.state, found.amount_won, found.excess_won) == ("expected", 1_200_000, 0)
    assert settle(contract=made, at=NOW) == 0


@pytest.mark.parametrize(
    ("sales", "amounts"), [(150_000_000, (3_000_000, 1_500_000)), (40_000_000, (0, 1_200_000)), (0, (0, 0))]
)
def test_of_two_free_lines_both_together_ask_for_what_is_owed(sales, amounts):
    made = contract()
    first = reported(made, 2025, 100_000_000)
    settle(contract=made, at=NOW)
    Due.objects.filter(key="running:2025").update(state="invoiced")
    for serial, net_won in ((2, 150_000_000), (3, sales)):
        first.state = "corrected"
        first.save()
        first = reported(made, 2025, net_won, serial=serial)
        if serial == 3:
            Due.objects.filter(key="running:2025").update(state="expected")
        settle(contract=made, at=NOW)
    lines = due(made, "running:2025"), due(made, "running:2025#2")
    assert tuple(line.amount_won for line in lines) == amounts
    assert [line.state for line in lines] == ["expected" if won else "done" for won in amounts]
    assert settle(contract=made, at=NOW) == 0


def test_what_was_waived_is_less_first_and_nothing_of_it_is_to_be_given_back():
    made = contract()
    first = reported(made, 2025, 100_000_000)
    settle(contract=made, at=NOW)
    Due.objects.filter(key="running:2025").update(amount_won=1_000_000, paid_won=1_000_000, state="done", done_at=NOW)
    settle(contract=made, at=NOW)
    Due.objects.filter(key="running:2025#2").update(
        state="waived", waived_at=NOW, waived_by=member(made.holder), waived_reason="Flood"
    )
    for serial, net_won, excess_won in ((2, 40_000_000, 0), (3, 20_000_000, 400_000)):
        first.state = "corrected"
        first.save()
        first = reported(made, 2025, net_won, serial=serial)
        settle(contract=made, at=NOW)
        assert due(made, "running:2025").excess_won == excess_won
        assert due(made, "running:2025#2").excess_won == 0


def test_what_was_waived_is_not_asked_for_again():
    made = contract()
    reported(made, 2025, 100_000_000)
    settle(contract=made, at=NOW)
    Due.objects.filter(key="running:2025").update(
        state="waived", waived_at=NOW, waived_by=member(made.holder), waived_reason="Flood"
    )
    assert settle(contract=made, at=NOW) == 0
    assert "running:2025#2" not in money(made)


def test_an_end_stops_reports_minimum_and_milestones_but_not_the_price():
    made = contract(GUARDED)
    other = contract(STEPS)
    later = contract(LUMP)
    for each in (made, other, later):
        ended(each, datetime.date(2025, 6, 30))
        settle(contract=each, at=NOW)
    years = {key: state for key, _amount, state in rows(made)}
    assert years["statement:2025"] == "expected"  # of the half year that was
    assert (years["statement:2026"], years["minimum:2025"], years["minimum:2026"]) == ("waived",) * 3
    assert money(other)["milestone:prototype"] == (20_000_000, "waived")
    assert money(later)["instalment:2"] == (5_000_000, "expected")
    assert sum(settle(contract=each, at=NOW) for each in (made, other, later)) == 0


def test_a_term_bounds_the_years():
    made = contract(at=NOW, ends_on=datetime.date(2025, 3, 31))
    assert {key for key, *_rest in rows(made) if key.startswith("statement")} == {"statement:2024", "statement:2025"}


def test_no_word_on_the_use_by_the_day_is_unknown_once():
    made = contract(LUMP, at=moment(datetime.date(2025, 3, 31)))
    said = UsageReport.objects.order_by("pk").values_list("contract", "year", "usage", "reported_by").all
    assert list(said()) == []
    settle(contract=made, at=moment(datetime.date(2026, 3, 2)))
    assert list(said()) == [(made.pk, 2024, "unknown", None)]
    settle(contract=made, at=moment(datetime.date(2026, 4, 1)))
    settle(contract=made, at=moment(datetime.date(2026, 4, 2)))
    assert sorted(said()) == [(made.pk, 2024, "unknown", None), (made.pk, 2025, "unknown", None)]


def test_terms_that_cannot_be_read_stop_nobody_else(caplog):
    from tests.factories.deals.contracts import in_force

    broken = in_force(terms={"version": 9}, method="free", signed_on=datetime.date(2024, 4, 1))
    good = in_force(terms=LUMP.to_json(), method="lump_sum", signed_on=datetime.date(2024, 4, 1))
    assert settle_many(contract_ids=[broken.pk, good.pk], at=NOW) > 0
    assert broken.number in caplog.text
    assert not broken.dues.exists()
    assert good.dues.exists()


def test_many_take_as_many_statements_as_one(django_assert_max_num_queries):
    from tests.factories.deals.contracts import in_force

    many = [in_force(terms=GUARDED.to_json(), method="running", signed_on=datetime.date(2024, 4, 1)) for _ in range(4)]
    with django_assert_max_num_queries(9):
        assert (
            settle_many(contract_ids=[each.pk for each in many], at=NOW) == 4 * 13
        )  # one of which is the unknown use of 2024
