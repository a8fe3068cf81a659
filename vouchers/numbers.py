"""Numbers of vouchers, orders, claims, payment files and recoveries: two letters, the year in Korea, six digits."""

from datetime import datetime

from django.utils import timezone

from marketplace.core.counters import take_numbers

LETTERS = {"voucher": "VC", "order": "VO", "claim": "VP", "batch": "VB", "recovery": "VR"}


def take(what: str, at: datetime) -> str:
    """The next number of a `what` of `LETTERS`. `ValueError` when the year's six digits are used up."""
    year = timezone.localtime(at).year
    serial = take_numbers(kind=f"voucher_{what}", year=year)[0]
    if serial > 999_999:
        raise ValueError(f"serial {serial} does not fit six digits")
    return f"{LETTERS[what]}{year}{serial:06d}"
