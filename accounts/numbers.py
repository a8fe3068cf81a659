"""Business and corporate registration numbers (domain-facts.md §6.1, §6.2)."""

import re
import unicodedata
from enum import StrEnum

from django.utils.translation import gettext as _

BUSINESS_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


class NumberProblem(StrEnum):
    """Which rule a business number breaks."""

    NOT_DIGITS = "not_digits"
    LENGTH = "length"
    TAX_OFFICE = "tax_office"
    TYPE = "type"
    SERIAL = "serial"
    CHECK_DIGIT = "check_digit"


def digits(text: str) -> str:
    """The digits of a number however it was typed (hyphens, spaces, full width)."""
    return re.sub(r"[\s\-‐‑‒–—―−.]", "", unicodedata.normalize("NFKC", text))


def business_number_problem(text: str) -> NumberProblem | None:
    """The first rule that `text` breaks: tax office 101–999, type not 00, serial not 0000, check digit.

    S = Σ dᵢwᵢ + ⌊d₉·5/10⌋, check = (10 − S mod 10) mod 10.
    """
    number = digits(text)
    if not re.fullmatch(r"[0-9]*", number):
        return NumberProblem.NOT_DIGITS
    if len(number) != 10:
        return NumberProblem.LENGTH
    if int(number[:3]) < 101:
        return NumberProblem.TAX_OFFICE
    if number[3:5] == "00":
        return NumberProblem.TYPE
    if number[5:9] == "0000":
        return NumberProblem.SERIAL
    if int(number[9]) != business_check_digit(number[:9]):
        return NumberProblem.CHECK_DIGIT
    return None


def explain(problem: NumberProblem, text: str) -> str:
    """Which rule the number breaks and what to do about it, for the person who typed it."""
    return {
        NumberProblem.NOT_DIGITS: _(
            "A business registration number has only digits and hyphens, like 000-00-00000. "
            "Remove the other characters."
        ),
        NumberProblem.LENGTH: _(
            "A business registration number has 10 digits, this one has %(count)d. "
            "See whether a digit is missing or typed twice."
        )
        % {"count": len(digits(text))},
        NumberProblem.TAX_OFFICE: _(
            "The first three digits are the tax office, which is 101 or more. "
            "Compare them with the registration certificate."
        ),
        NumberProblem.TYPE: _(
            "The fourth and fifth digits are the type of business and cannot be 00. "
            "Compare them with the registration certificate."
        ),
        NumberProblem.SERIAL: _(
            "The sixth to ninth digits are the serial number and cannot be 0000. "
            "Compare them with the registration certificate."
        ),
        NumberProblem.CHECK_DIGIT: _(
            "The last digit does not fit the nine before it, so one of the ten is mistyped. "
            "Compare the number with the registration certificate."
        ),
    }[problem]


def business_check_digit(first_nine: str) -> int:
    total = sum(int(d) * w for d, w in zip(first_nine, BUSINESS_WEIGHTS, strict=True)) + int(first_nine[8]) * 5 // 10
    return (10 - total % 10) % 10


def is_business_number(text: str) -> bool:
    return business_number_problem(text) is None


def format_business_number(number: str) -> str:
    return f"{number[:3]}-{number[3:5]}-{number[5:]}"


def format_corporate_number(number: str) -> str:
    return f"{number[:6]}-{number[6:]}" if len(number) == 13 else number


def corporate_number_fits(text: str) -> bool:
    """Whether the check digit fits. Numbers given out from 2025 may have none, so a misfit is a warning, no error."""
    number = digits(text)
    if not re.fullmatch(r"[0-9]{13}", number):
        return False
    total = sum(int(d) * (1 + i % 2) for i, d in enumerate(number[:12]))
    return (10 - total % 10) % 10 == int(number[12])
