"""Numbers of quotes and mandates: `F` or `M`, the year in Korea, six digits."""


def quote_number(year: int, serial: int) -> str:
    """`ValueError` when the year's six digits are used up."""
    if not 1 <= serial <= 999_999:
        raise ValueError(f"serial {serial} does not fit six digits")
    return f"F{year}{serial:06d}"


def application_number(letter: str, year: int, serial: int) -> str:
    """Receipt number of an application: `A` for agencies, `T` for traders. `ValueError` past six digits."""
    if not 1 <= serial <= 999_999:
        raise ValueError(f"serial {serial} does not fit six digits")
    return f"{letter}{year}{serial:06d}"


def mandate_number(year: int, serial: int) -> str:
    """`ValueError` when the year's six digits are used up."""
    return f"M{quote_number(year, serial)[1:]}"
