"""Numbers of invoices, receipts and distributions: a letter, the year in Korea, six digits."""

from datetime import datetime

from django.utils import timezone

from marketplace.core.counters import take_numbers


def take(letter: str, kind: str, at: datetime, count: int = 1) -> list[str]:
    """The next `count` numbers of `kind`. `ValueError` when the year's six digits are used up."""
    year = timezone.localtime(at).year
    serials = take_numbers(kind=kind, year=year, count=count)
    if serials[-1] > 999_999:
        raise ValueError(f"serial {serials[-1]} does not fit six digits")
    return [f"{letter}{year}{serial:06d}" for serial in serials]


def invoice_number(at: datetime) -> str:
    return take("I", "royalty_invoice", at)[0]


def receipt_numbers(at: datetime, count: int) -> list[str]:
    return take("P", "royalty_receipt", at, count)


def distribution_number(at: datetime) -> str:
    return take("D", "royalty_distribution", at)[0]
