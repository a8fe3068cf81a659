"""Numbers of needs: `N`, the year in Korea, six digits."""


def need_number(year: int, serial: int) -> str:
    """`ValueError` when the year's six digits are used up."""
    if not 1 <= serial <= 999_999:
        raise ValueError(f"serial {serial} does not fit six digits")
    return f"N{year}{serial:06d}"
