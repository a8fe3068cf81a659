"""What a firm expects to sell: three cases, the day of the first sale, and the rate at which it discounts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from deals.terms.checks import Problem
from deals.terms.terms import MOST_WON, Terms
from marketplace.core.errors import DomainError
from marketplace.core.money import BASIS_POINTS

MOST_YEARS = 20
MOST_DISCOUNT_BP = 10_000
MOST_YEARS_TO_SALE = 30
VERSION = 1
BEGIN_YEARS, BEGIN_WON, BEGIN_STEP_WON, BEGIN_DISCOUNT_BP = 5, 100_000_000, 10_000_000, 800
"""Of a forecast that nobody has entered: ours, to begin with."""


class Case(StrEnum):
    """Which sales: one of the firm's three rows, or none at all."""

    LOW = "low"
    BASE = "base"
    HIGH = "high"
    NONE = "none"


@dataclass(frozen=True)
class Forecast:
    """Net sales in won per calendar year, the first of them that of `first_sale_on`; the rows are equally long.

    What is compared ends with the last of these years. `discount_bp` a year is the firm's own.
    """

    first_sale_on: date
    low: tuple[int, ...]
    base: tuple[int, ...]
    high: tuple[int, ...]
    discount_bp: int

    @property
    def first_year(self) -> int:
        return self.first_sale_on.year

    @property
    def last_year(self) -> int:
        return self.first_year + len(self.base) - 1

    def sales(self, case: Case, *, slip: int = 0) -> dict[int, int]:
        """Won by calendar year up to `last_year`. With `slip`, everything that many years later, so that the sales of
        the last years fall outside of what is compared, as they fall outside of a licence that ends on its day.
        """
        if case == Case.NONE:
            return dict.fromkeys(range(self.first_year, self.last_year + 1), 0)
        row = {Case.LOW: self.low, Case.BASE: self.base, Case.HIGH: self.high}[case]
        moved = (0,) * slip + row
        return {self.first_year + place: won for place, won in enumerate(moved[: len(row)])}

    def to_json(self) -> dict[str, Any]:
        rows = {name: list(getattr(self, name)) for name in ("low", "base", "high")}
        return {"version": VERSION} | asdict(self) | rows | {"first_sale_on": self.first_sale_on.isoformat()}

    @classmethod
    def from_json(cls, data: Any) -> "Forecast":
        """Raises `DomainError` naming the field where `data` is not what `to_json` gives."""
        names = {"version", "first_sale_on", "low", "base", "high", "discount_bp"}
        if not isinstance(data, Mapping) or set(data) != names or data["version"] != VERSION:
            raise DomainError(_("This forecast is of a version that is not known here."), field="version")
        try:
            first_sale_on = date.fromisoformat(data["first_sale_on"])
        except (TypeError, ValueError):
            raise DomainError(_("Give a day, like 2027-01-31."), field="first_sale_on") from None
        rows = {name: tuple(_whole(won, name) for won in _list(data[name], name)) for name in ("low", "base", "high")}
        return cls(first_sale_on=first_sale_on, discount_bp=_whole(data["discount_bp"], "discount_bp"), **rows)


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise DomainError(_("Give a list."), field=field)
    return value


def _whole(value: Any, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise DomainError(_("Give a whole number."), field=field)
    return value


def to_begin_with(offered: Sequence[Terms], signed_on: date, rate_bp: int) -> Forecast:
    """Sales that nobody has said, so that the options of an offer can be compared before anything is entered.

    Over `BEGIN_YEARS` years a running royalty makes about as much of them as the largest fixed price: there the options
    differ least, and whoever sells less or more sees which one gains. `rate_bp` where none of them has a rate.
    """
    rates = [each.running_bp for each in offered if each.running_bp] or [rate_bp]
    fixed_won = max((each.fixed_won + sum(m.won for m in each.milestones) for each in offered), default=0)
    in_all = fixed_won * BASIS_POINTS // max(*rates, 1)
    a_year = -(-in_all // BEGIN_YEARS // BEGIN_STEP_WON) * BEGIN_STEP_WON or BEGIN_WON
    row = (min(a_year, MOST_WON),) * BEGIN_YEARS
    return Forecast(date(signed_on.year + 1, 1, 1), row, row, row, BEGIN_DISCOUNT_BP)


def check_forecast(forecast: Forecast, signed_on: date) -> list[Problem]:
    """What has to be put right before anything can be computed, in the order of the fields."""
    return [*_check_days(forecast, signed_on), *_check_rows(forecast), *_check_discount(forecast)]


def _check_days(forecast: Forecast, signed_on: date) -> Iterator[Problem]:
    first = forecast.first_sale_on
    if first < signed_on:
        yield Problem(
            "first_sale_on",
            first,
            _("The first sale, %(day)s, lies before the contract, %(signed)s.") % {"day": first, "signed": signed_on},
            _("Give a day on which the contract is signed already."),
        )
    elif first.year > signed_on.year + MOST_YEARS_TO_SALE:
        yield Problem(
            "first_sale_on",
            first,
            _("The first sale, %(day)s, is too far away to be compared.") % {"day": first},
            _("Give a day within %(years)d years.") % {"years": MOST_YEARS_TO_SALE},
        )


def _check_rows(forecast: Forecast) -> Iterator[Problem]:
    years = len(forecast.base)
    if not 1 <= years <= MOST_YEARS:
        yield Problem(
            "base",
            years,
            _("Sales are given for %(years)d years.") % {"years": years},
            _("Give sales for 1 to %(most)d years.") % {"most": MOST_YEARS},
        )
    for name in ("low", "high"):
        if len(getattr(forecast, name)) != years:
            yield Problem(
                name,
                len(getattr(forecast, name)),
                _("The three cases have different numbers of years."),
                _("Give low, base and high sales for the same years."),
            )
            return
    for place, (low, base, high) in enumerate(zip(forecast.low, forecast.base, forecast.high, strict=True)):
        for name, won in (("low", low), ("base", base), ("high", high)):
            if not 0 <= won <= MOST_WON:
                yield Problem(
                    f"{name}.{place}",
                    won,
                    _("%(value)s is no amount that can be sold.") % {"value": f"{won:,}"},
                    _("Give whole won from 0 to %(most)s.") % {"most": f"{MOST_WON:,}"},
                )
        if not low <= base <= high:
            yield Problem(
                f"base.{place}",
                base,
                _("The sales of %(year)d are not in order: low %(low)s, base %(base)s, high %(high)s.")
                % {
                    "year": forecast.first_year + place,
                    "low": f"{low:,}",
                    "base": f"{base:,}",
                    "high": f"{high:,}",
                },
                _("Give the low case the smallest amount and the high case the largest."),
            )


def _check_discount(forecast: Forecast) -> Iterator[Problem]:
    if not 0 <= forecast.discount_bp <= MOST_DISCOUNT_BP:
        yield Problem(
            "discount_bp",
            forecast.discount_bp,
            _("%(value)d basis points is no discount rate.") % {"value": forecast.discount_bp},
            _("Give 0 to 100 percent a year."),
        )
