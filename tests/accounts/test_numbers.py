import pytest

from accounts.numbers import (
    NumberProblem,
    business_number_problem,
    corporate_number_fits,
    digits,
    format_business_number,
    is_business_number,
)


@pytest.mark.parametrize(
    "number", ["124-81-00998", "116-82-00276", "134-86-72683", "220-81-62517", "120-81-47521", "1248100998"]
)
def test_the_worked_examples_fit(number):
    assert is_business_number(number)


@pytest.mark.parametrize("typed", ["124 81 00998", "１２４－８１－００９９８", "124–81–00998", " 124-81-00998\n"])
def test_however_it_is_typed_it_is_the_same_number(typed):
    assert is_business_number(typed)
    assert digits(typed) == "1248100998"
    assert format_business_number(digits(typed)) == "124-81-00998"


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("120-81-47522", NumberProblem.CHECK_DIGIT),
        ("124-81-0099", NumberProblem.LENGTH),
        ("", NumberProblem.LENGTH),
        ("124-81-009980", NumberProblem.LENGTH),
        ("124-8l-00998", NumberProblem.NOT_DIGITS),
        ("१२४८१००९९८", NumberProblem.NOT_DIGITS),
        ("100-81-00998", NumberProblem.TAX_OFFICE),
        ("124-00-00998", NumberProblem.TYPE),
        ("124-81-00008", NumberProblem.SERIAL),
        ("000-00-00000", NumberProblem.TAX_OFFICE),
    ],
)
def test_the_first_broken_rule_is_named(number, problem):
    assert business_number_problem(number) is problem


@pytest.mark.parametrize("digit", range(10))
def test_only_one_last_digit_fits(digit):
    assert is_business_number(f"124-81-0099{digit}") is (digit == 8)


@pytest.mark.parametrize("number", ["110111-0062432", "130111-0006246", "110111-0085450"])
def test_corporate_numbers_that_fit(number):
    assert corporate_number_fits(number)


@pytest.mark.parametrize("number", ["110111-0062433", "110111-006243", "", "110111-006243x"])
def test_corporate_numbers_that_do_not(number):
    assert not corporate_number_fits(number)
