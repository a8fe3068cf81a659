"""Where the money of an office's calls is. Each list is bounded, so the page asks the same number of questions however
much there is.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission, organizations_with
from marketplace.core.days import add_months
from vouchers.enums.money import Verb
from vouchers.models import BudgetLine, LedgerEntry


def offices_with_money(user: User) -> list[int]:
    """Offices for which the person runs vouchers."""
    return [each.pk for each in organizations_with(user, Permission.RUN_VOUCHERS)]


@dataclass(frozen=True)
class Money:
    """Sums of budget lines in won."""

    allocated_won: int
    available_won: int
    reserved_won: int
    committed_won: int
    paid_won: int
    recovered_won: int


def lines_for(user: User) -> QuerySet[BudgetLine]:
    """The budget lines that the money on the desk is of."""
    rows = BudgetLine.objects.filter(call__office__in=offices_with_money(user))
    return rows.select_related("call").order_by("-call__published_at", "-pk")


def money_of(lines: list[BudgetLine]) -> Money:
    """The tiles: what the rows below them add up to."""
    return Money(
        *(
            sum(getattr(line, f"{name}_won") for line in lines)
            for name in ("allocated", "available", "reserved", "committed", "paid", "recovered")
        )
    )


@dataclass(frozen=True)
class Month:
    """What was promised and paid until the end of a month, and how high its bar is."""

    month: date
    committed_won: int
    paid_won: int


def use_over_time(lines: list[BudgetLine], months: int = 24) -> list[Month]:
    """Cumulative, by month in Korea, of the last `months` until the one of the last movement; months without one stand
    too, so that the bars are of time. From the ledger, in one question."""
    plus = {Verb.COMMIT: ("committed", 1), Verb.RETURN: ("committed", -1)}
    plus |= {Verb.DISBURSE: ("paid", 1), Verb.REVERSE: ("paid", -1), Verb.RECOVER: ("paid", -1)}
    rows = (
        LedgerEntry.objects.filter(line__in=lines, verb__in=plus)
        .annotate(month=TruncMonth("at", tzinfo=timezone.get_default_timezone()))
        .values("month", "verb")
        .annotate(won=Sum("amount_won"))
        .order_by("month", "verb")
    )
    sums = {"committed": 0, "paid": 0}
    made: dict[date, Month] = {}
    for row in rows:
        name, sign = plus[Verb(row["verb"])]
        month = timezone.localdate(row["month"])
        sums[name] += sign * int(row["won"])
        while made and (following := add_months(max(made), 1)) < month:
            made[following] = replace(made[max(made)], month=following)
        made[month] = Month(month, sums["committed"], sums["paid"])
    return list(made.values())[-months:]


WIDTH, HEIGHT, BASE, TOP = 320, 150, 130, 18


def chart_of(months: list[Month]) -> dict[str, Any]:
    """Bars of what was paid, as the house's chart of years has them: places and heights, nothing to compute in it."""
    top = max((each.committed_won for each in months), default=0)
    step = WIDTH / max(1, len(months))
    bars = []
    for place, each in enumerate(months):
        width = round(max(1.0, step - 4), 1)
        for css, won in (("cash-back", each.committed_won), ("cash-bar", each.paid_won)):
            height = round((BASE - TOP) * max(0, won) / top, 1) if top else 0
            bars.append(
                {
                    "class": css,
                    "won": won,
                    "x": round(place * step + 2, 1),
                    "y": round(BASE - height, 1),
                    "width": width,
                    "height": height,
                    "month": each.month,
                    "label": each.month.strftime("%y.%m") if place in (0, len(months) - 1) else "",
                    "middle": round(place * step + step / 2, 1),
                }
            )
    return {"width": WIDTH, "height": HEIGHT, "base_y": BASE, "top_won": top, "bars": bars}
