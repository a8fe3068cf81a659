import pytest

from taxonomy.enums import Level
from taxonomy.numbers import (
    ipc_ancestors,
    ipc_code,
    ipc_level,
    ipc_sort_key,
    ksic_level,
    region_level,
    region_parents,
)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("A", "A"),
        ("G06", "G06"),
        ("G06Q", "G06Q"),
        ("A01B0001000000", "A01B 1/00"),
        ("A01B0001020000", "A01B 1/02"),
        ("H01M0010052500", "H01M 10/0525"),
        ("G01B0003100300", "G01B 3/1003"),
        ("H01L-021/02", "H01L 21/02"),
        ("h01m10/0525", "H01M 10/0525"),
        ("G06Q 50/18 (2012.01)", "G06Q 50/18"),
        ("G06N 3/08[2023.01]", "G06N 3/08"),
        ("B01D  53 / 14", "B01D 53/14"),
    ],
)
def test_every_notation_of_a_symbol_gives_one_display_form(written, code):
    assert ipc_code(written) == code


@pytest.mark.parametrize(
    "written", ["", "I01B", "G6Q", "A01B000102000", "G06Q 50", "G06Q 0/00", "수소", "1020120086766"]
)
def test_what_is_no_symbol_is_none(written):
    assert ipc_code(written) is None


def test_a_symbol_tells_its_level_and_what_lies_above():
    assert ipc_level("A01B 1/00") == Level.MAIN_GROUP
    assert ipc_level("A01B 1/02") == Level.SUBGROUP
    assert ipc_ancestors("A01B 1/02") == ["A01B 1/00", "A01B", "A01", "A"]


def test_groups_sort_by_number_and_subgroups_as_decimals():
    codes = ["G01B 10/00", "G01B 3/10", "G01B 3/1003", "G01B 3/02", "G01B", "G01B 3/00", "G01B 3/11"]

    assert sorted(codes, key=ipc_sort_key) == [
        "G01B",
        "G01B 3/00",
        "G01B 3/02",
        "G01B 3/10",
        "G01B 3/1003",
        "G01B 3/11",
        "G01B 10/00",
    ]


def test_industry_levels_follow_the_number_of_digits():
    assert [ksic_level(code) for code in ("C", "26", "261", "2611", "26110", "9", "V", "261100")] == [
        Level.SECTION,
        Level.DIVISION,
        Level.GROUP,
        Level.CLASS,
        Level.SUBCLASS,
        None,
        None,
        None,
    ]


def test_region_levels_follow_the_trailing_zeros():
    codes = ("4100000000", "4111000000", "4111010100", "4159025021", "41590")

    assert [region_level(code) for code in codes] == [
        Level.SIDO,
        Level.SIGUNGU,
        Level.EUPMYEONDONG,
        Level.RI,
        None,
    ]
    assert region_parents("4159025021") == ["4159025000", "4159000000", "4100000000"]
