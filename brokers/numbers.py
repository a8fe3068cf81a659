"""Numbers people read: a letter or two that say of what, the year in Korea, six digits."""


def _number(prefix: str, year: int, serial: int) -> str:
    if not 1 <= serial <= 999_999:
        raise ValueError(f"serial {serial} does not fit six digits")
    return f"{prefix}{year}{serial:06d}"


def quote_number(year: int, serial: int) -> str:
    """`F`. `ValueError` when the year's six digits are used up."""
    return _number("F", year, serial)


def mandate_number(year: int, serial: int) -> str:
    """`M`. `ValueError` when the year's six digits are used up."""
    return _number("M", year, serial)


def application_number(letter: str, year: int, serial: int) -> str:
    """Receipt number of an application: `A` for agencies, `T` for traders. `ValueError` past six digits."""
    return _number(letter, year, serial)


def registration_number(letters: str, year: int, serial: int) -> str:
    """`BA` for agencies, `BT` for traders. `ValueError` past six digits."""
    return _number(letters, year, serial)


def case_number(year: int, serial: int) -> str:
    """`C`, of a cancellation case. `ValueError` when the year's six digits are used up."""
    return _number("C", year, serial)
