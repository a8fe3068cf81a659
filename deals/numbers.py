"""Numbers of what is asked, negotiated and concluded: a letter, the year in Korea, six digits."""


def receipt_number(year: int, serial: int) -> str:
    """`R` of a transfer request. `ValueError` when the year's six digits are used up."""
    return _number("R", year, serial)


def negotiation_number(year: int, serial: int) -> str:
    """`T` as in talks: `N` is a need's."""
    return _number("T", year, serial)


def contract_number(year: int, serial: int) -> str:
    return _number("C", year, serial)


def _number(letter: str, year: int, serial: int) -> str:
    if not 1 <= serial <= 999_999:
        raise ValueError(f"serial {serial} does not fit six digits")
    return f"{letter}{year}{serial:06d}"
