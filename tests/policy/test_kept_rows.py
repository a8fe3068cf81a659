"""Rows of a frozen month: what was packed is found again, and what may not be seen is left out unread."""

import datetime

import pytest

from policy.queries.figures.kept import KeptRow, KeptRows, Packer

DAY = datetime.date(2026, 10, 31)
LABELS = ["T2026000001", "a, b", 'say "x", 1', "줄\n바꿈", "\\", "", "T2026000001"]
ROWS = [KeptRow(part, label, key, DAY, key or 7) for part in ("rows", "row") for key, label in enumerate(LABELS)]


@pytest.fixture(scope="module")
def packed():
    packer = Packer()
    for row in [*ROWS, KeptRow("rows", "of nobody", None, DAY, -1)]:
        packer.add(row)
    return packer.close()[0]


def of(part):
    return [row for row in ROWS if row.part == part]


def test_what_was_packed_is_there_in_its_order(packed):
    found = KeptRows(packed, "row")
    assert list(found) == of("row")
    assert (len(found), found[1:3], found[-1]) == (len(LABELS), of("row")[1:3], of("row")[-1])
    assert list(KeptRows(packed, "rows")) == [*of("rows"), KeptRow("rows", "of nobody", None, DAY, -1)]
    assert list(KeptRows(packed, "no such part")) == []


@pytest.mark.parametrize("label", sorted(set(LABELS)))
def test_a_label_that_nobody_may_see_is_left_out(packed, label):
    assert list(KeptRows(packed, "row", without={label, "another"})) == [r for r in of("row") if r.label != label]


@pytest.mark.parametrize("institutes", [[], [1], [1, 5], [11]])
def test_of_some_institutes(packed, institutes):
    wanted = [row for row in of("rows") if row.institute in institutes]
    assert list(KeptRows(packed, "rows", of=institutes)) == wanted
    both = KeptRows(packed, "rows", of=institutes, without={LABELS[1]})
    assert list(both) == [row for row in wanted if row.label != LABELS[1]]
