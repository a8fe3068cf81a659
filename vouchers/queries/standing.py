"""Whether a firm may not apply because it left too much of a voucher unused: asked by `programmes.registry`."""

from collections.abc import Collection
from datetime import date

from programmes.registry import Standing, tell_standing
from vouchers.models import Voucher


def is_barred(organizations: Collection[int], on: date) -> bool:
    """`organizations` are the primary keys of a family, `on` a day in Korea."""
    barred = Voucher.objects.filter(holder__in=organizations, barred_from__lte=on, barred_until__gte=on)
    return barred.exists()


def register() -> None:
    """What is owed, and exclusions as a sanction, others tell."""
    tell_standing("vouchers.unused", lambda organizations, on: Standing(is_barred(organizations, on), False))
