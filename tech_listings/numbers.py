"""Symbols of the field: IPC, listing numbers, patent numbers as people read them."""

import re
from collections.abc import Iterable

LISTING_NUMBER = re.compile(r"S(19|20)\d{2}\d{6}")


def listing_number(year: int, serial: int) -> str:
    """`S` + year + six digits (domain-facts.md §1.2). Raises `ValueError` past 999,999 in a year."""
    if not 1 <= serial <= 999_999:
        raise ValueError(f"listing serial {serial} does not fit six digits")
    return f"S{year}{serial:06d}"


def ipc_prefixes(codes: Iterable[str]) -> list[str]:
    """Section, class and subclass of each code, once each: `["H", "H01", "H01M"]` for `H01M 10/0525`."""
    return sorted({code[:length] for code in codes for length in (1, 3, 4) if len(code) >= length})


def show_application_number(number: str) -> str:
    """`1020120086766` as `10-2012-0086766`; anything else as it is."""
    if re.fullmatch(r"\d{13}", number):
        return f"{number[:2]}-{number[2:6]}-{number[6:]}"
    return number


def show_registration_number(number: str) -> str:
    """`1011708010000` as `10-1170801`; anything else as it is."""
    if re.fullmatch(r"\d{9}0000", number):
        return f"{number[:2]}-{number[2:9]}"
    return number
