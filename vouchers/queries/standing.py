"""What `programmes.registry` asks of a firm: did it leave too much unused, is it excluded, does it owe money."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet

from programmes.registry import Standing, tell_given_back, tell_over, tell_refused, tell_standing
from vouchers.enums.recovery import RecoveryState
from vouchers.enums.vouchers import ACTIVE
from vouchers.models import Recovery, Sanction, Voucher


def is_barred(organizations: Collection[int], on: date) -> bool:
    """`organizations` are the primary keys of a family, `on` a day in Korea."""
    barred = Voucher.objects.filter(holder__in=organizations, barred_from__lte=on, barred_until__gte=on)
    return barred.exists()


def is_excluded(organizations: Collection[int], on: date) -> bool:
    """By a sanction in force that day; it ends by itself after its last day."""
    return Sanction.objects.exclusions_on(on).filter(organization__in=organizations).exists()


def owes_money(organizations: Collection[int], on: date) -> bool:
    """Whether money that was asked back is overdue: a plan that is kept, and an announcement, bar nobody."""
    return _overdue(on).filter(debtor__in=organizations).exists()


def _overdue(on: date) -> QuerySet[Recovery]:
    return Recovery.objects.owed().filter(Q(pay_by__lt=on) | Q(state=RecoveryState.DELINQUENT))


def refused(on: date) -> set[int]:
    """All that are excluded, or whose debt is overdue."""
    excluded = Sanction.objects.exclusions_on(on).values_list("organization", flat=True)
    return {*excluded, *_overdue(on).values_list("debtor", flat=True)}


def sanctioned(organizations: Collection[int], on: date) -> Standing:
    return Standing(is_excluded(organizations, on), owes_money(organizations, on))


def given_back() -> dict[int, int]:
    """What went back of vouchers, by the application they came from."""
    rows = Voucher.objects.filter(returned_won__gt=0).values_list("agreement__application", "returned_won")
    return dict(rows)


def over() -> QuerySet[Voucher, int]:
    """The applications whose voucher is none to be issued or used any more."""
    return Voucher.objects.exclude(state__in=ACTIVE).values_list("agreement__application", flat=True)


def register() -> None:
    tell_over("vouchers.over", over)
    tell_given_back("vouchers.returned", given_back)
    tell_refused("vouchers.recovery", refused)
    tell_standing("vouchers.unused", lambda organizations, on: Standing(is_barred=is_barred(organizations, on)))
    tell_standing("vouchers.recovery", sanctioned)
