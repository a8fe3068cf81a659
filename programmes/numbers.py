"""Numbers of calls, applications and contracts that firms enter: two letters, the year in Korea, six digits."""

from datetime import datetime

from django.utils import timezone

from marketplace.core.counters import take_numbers


def _take(letters: str, kind: str, at: datetime) -> str:
    year = timezone.localtime(at).year
    serial = take_numbers(kind=kind, year=year)[0]
    if serial > 999_999:
        raise ValueError(f"serial {serial} does not fit six digits")
    return f"{letters}{year}{serial:06d}"


def call_number(at: datetime) -> str:
    """`PC`. `ValueError` when the year's six digits are used up."""
    return _take("PC", "programme_call", at)


def application_number(at: datetime) -> str:
    """`PA`, the receipt number an application gets when it is submitted."""
    return _take("PA", "programme_application", at)


def transfer_number(at: datetime) -> str:
    """`PT`, of a contract that a firm concluded elsewhere and enters itself."""
    return _take("PT", "programme_transfer", at)
