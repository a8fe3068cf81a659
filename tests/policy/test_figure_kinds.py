"""How rows make a value, without a database; and the one figure of the plan that everybody can check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.roles import Permission
from policy.enums.figures import Kind, Openness
from policy.queries.figures.kinds import Tally, ratio_bp, share_bp, tally_of, value_of
from policy.queries.figures.registry import FIGURES
from policy.services.figures.load import read
from policy.wording.figures import TEXTS, amount, difference

AMOUNTS = st.lists(st.integers(min_value=0, max_value=10**12), max_size=30)


def test_2016_gives_what_was_published():
    """facts §7: 12,357 transfers of 32,491 new technologies."""
    published = {(row["figure"], row["year"]): row["value"] for row in read("national_series.json")}
    tallies = {
        "numerator": Tally(1, published["transfers", 2016]),
        "denominator": Tally(1, published["new_technologies", 2016]),
    }
    value = value_of(Kind.RATIO, tallies)
    assert amount("basis_points", value) == "38.03 %"
    assert value == published["transfer_rate", 2016]


def test_nothing_to_divide_by_is_no_value():
    assert ratio_bp(3, 0) is None
    assert value_of(Kind.RATIO, {"numerator": Tally(3, 3), "denominator": Tally()}) is None


def test_a_hundred_percent_means_all_of_them():
    assert ratio_bp(9_999, 10_000) == 9_999
    assert ratio_bp(99_999, 100_000) < 10_000


@given(AMOUNTS)
def test_each_kind_is_made_of_the_same_amounts(amounts):
    tallies = {"rows": tally_of(amounts)}
    assert value_of(Kind.COUNT, tallies, could_be=True) == len(amounts)
    assert value_of(Kind.SUM, tallies, could_be=True) == sum(amounts)
    median = value_of(Kind.MEDIAN, tallies)
    assert median is None if not amounts else median in amounts


@given(st.dictionaries(st.sampled_from("abcd"), AMOUNTS, min_size=1))
def test_shares_are_of_their_sum(states):
    tallies = {key: tally_of(amounts) for key, amounts in states.items()}
    assert value_of(Kind.SHARES, tallies, could_be=True) == sum(map(sum, states.values()))
    shares = [share_bp(tallies, key) for key in tallies]
    if None not in shares:
        assert 10_000 - len(shares) < sum(shares) <= 10_000


def test_every_figure_is_whole():
    for code, figure in FIGURES.items():
        keys = [part.key for part in figure.parts]
        assert code == figure.code
        assert len(set(keys)) == len(keys)
        if figure.kind == Kind.RATIO:
            assert keys[:2] == ["numerator", "denominator"]
        elif figure.kind != Kind.SHARES:
            assert keys == ["rows"]
        assert str(figure.name)
        assert str(figure.definition).endswith(".")
        assert str(figure.owner)


def test_what_tells_of_single_payments_is_told_by_months():
    """Whose contract, fee, payment or answer it is must not be read from a sum, nor from two of them."""
    for figure in FIGURES.values():
        for part in figure.parts:
            where = (figure.code, part.key)
            is_told_alone = part.unit in ("won", "days") or part.permission == Permission.VIEW_RESULTS
            is_a_duty = part.secret is not None  # counted one by one, and no money
            if is_told_alone and not is_a_duty:
                assert part.openness == Openness.MONTHLY, where
                assert part.source, where
            if part.openness in (Openness.MONTHLY, Openness.GUARDED):
                assert part.behind or part.movers, where


def test_what_is_counted_alike_has_one_source():
    """Else what was told of one figure would not be held against what is told of another."""
    by_source = {}
    for figure in FIGURES.values():
        for part in figure.parts:
            if part.source:
                by_source.setdefault(part.source, set()).add(part.rows)
    assert all(len(rows) == 1 for rows in by_source.values())
    assert len({next(iter(rows)) for rows in by_source.values()}) == len(by_source)


@pytest.mark.parametrize("kind", [Kind.COUNT, Kind.SUM, Kind.SHARES])
def test_nothing_to_count_is_no_value_and_nothing_counted_is_nought(kind):
    assert value_of(kind, {"rows": Tally()}) is None
    assert value_of(kind, {"rows": Tally()}, could_be=True) == 0
    assert value_of(kind, {"rows": Tally(2, 0)}) == (2 if kind == Kind.COUNT else 0)


def test_words_of_reference_data_are_translatable():
    keys = {row[name] for row in read("national_series.json") for name in ("source", "note")}
    keys |= {row["source"] for row in read("targets.json")}
    assert {key for key in keys if key and "," not in key} <= set(TEXTS)


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [("basis_points", 146, "1.46 %"), ("count", 8524, "8,524"), ("days", 1, "1 day"), ("days", 12, "12 days")],
)
def test_a_value_in_words(unit, value, words):
    assert amount(unit, value) == words


def test_a_difference_says_its_sign():
    assert difference("basis_points", -303) == "−3.03 percentage points"
    assert difference("basis_points", 12) == "+0.12 percentage points"
