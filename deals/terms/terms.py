"""The terms of payment of an offer or a contract: what is written down, to and from JSON.

Whole won without VAT and basis points only. What terms mean, `plan` says; whether they can be agreed, `checks`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from deals.enums.terms import RUNNING_METHODS, Method
from marketplace.core.days import last_day
from marketplace.core.errors import DomainError

VERSION = 1
NOT_KEPT = re.compile("[\x00\ud800-\udfff]")
"""What JSON can say in a text and no database keeps: NUL, and half a surrogate pair."""

MOST_WON = 10**15 - 1
DUE_MONTHS = 3
START_MONTHS, GRACE_MONTHS = 12, 12


@dataclass(frozen=True)
class Instalment:
    """`won` due `months` after the contract is signed."""

    months: int
    won: int


@dataclass(frozen=True)
class Milestone:
    """`won` due when what `words` say is reached, expected `month` months after signing.

    `needs_sales`: it is reached by selling (“first sale”), so that who never sells never owes it.
    """

    key: str
    words: str
    won: int
    month: int
    needs_sales: bool = False


@dataclass(frozen=True)
class Terms:
    """What a firm pays a holder. Amounts in won without VAT, rates in basis points; 0 or empty means: not agreed.

    `upfront_won` is due on the day of signing; with the instalments it is the lump sum, or the initial fee beside a
    running royalty. `running_bp` is of the net sales of a calendar year. `minimum_won` is owed at least for each full
    calendar year from `minimum_from_year` on (1: the first after the year of signing). `cap_won` bounds the running
    royalty, minimum included, of all years together. `swap_discount_won` is what was taken off the upfront fee. Selling
    has to begin `swap_start_months` after signing, `swap_grace_months` later at the latest. Royalty of a year is
    due `statement_due_months` after its end.
    """

    method: str
    upfront_won: int = 0
    instalments: tuple[Instalment, ...] = ()
    running_bp: int = 0
    minimum_won: int = 0
    minimum_from_year: int = 1
    cap_won: int = 0
    milestones: tuple[Milestone, ...] = ()
    swap_discount_won: int = 0
    swap_start_months: int = START_MONTHS
    swap_grace_months: int = GRACE_MONTHS
    equity_bp: int = 0
    statement_due_months: int = DUE_MONTHS

    @property
    def fixed_won(self) -> int:
        """Owed whatever comes: the lump sum, or the initial fee, with its instalments."""
        return self.upfront_won + sum(each.won for each in self.instalments)

    @property
    def has_running(self) -> bool:
        """Whether what it costs depends on sales year by year."""
        return self.running_bp > 0

    @property
    def counts_as_running(self) -> bool:
        """Whether it is one of those that an institute has to offer, or say why not."""
        return self.method in RUNNING_METHODS

    @property
    def is_free(self) -> bool:
        return self.method == Method.FREE

    @property
    def plain(self) -> "Terms":
        """What a swap is a swap of: the discount paid at signing, and the base rate. Other terms stay as they are."""
        if self.method != Method.SWAP:
            return self
        upfront_won = self.upfront_won + self.swap_discount_won
        return replace(self, method=Method.RUNNING, upfront_won=upfront_won, swap_discount_won=0)

    def swap_days(self, signed_on: date) -> tuple[date, date]:
        """The day by which selling has to begin, and the last one with the grace."""
        start = last_day(signed_on, months=self.swap_start_months)
        return start, last_day(signed_on, months=self.swap_start_months + self.swap_grace_months)

    def to_json(self) -> dict[str, Any]:
        """Every field, so that what is stored does not change its meaning with a default of ours."""
        data = asdict(self)
        data["instalments"] = [asdict(each) for each in self.instalments]
        data["milestones"] = [asdict(each) for each in self.milestones]
        return {"version": VERSION} | data

    @classmethod
    def from_json(cls, data: Any) -> "Terms":
        """Raises `DomainError` naming the field where `data` is not what `to_json` gives. Faults: see `check`."""
        given = _object(data, cls, "terms", also={"version"})
        if given.pop("version", None) != VERSION:
            raise DomainError(_("These terms are of a version that is not known here."), field="version")
        for name, kind in (("instalments", Instalment), ("milestones", Milestone)):
            given[name] = tuple(_row(kind, row, f"{name}.{at}") for at, row in enumerate(_rows(given, name)))
        _check_types(cls, given, "")
        return cls(**given)

    @property
    def digest(self) -> str:
        """SHA-256 of the JSON in one canonical spelling."""
        return digest(self.to_json())


def digest(data: Any) -> str:
    """SHA-256 of `data` as JSON with sorted keys, the same wherever it is computed."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _object(data: Any, cls: type, field: str, *, also: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    names = {each.name for each in fields(cls)} | also
    if not isinstance(data, Mapping):
        raise DomainError(_("Give an object with names and values."), field=field)
    if unknown := sorted(str(name) for name in data if name not in names):
        raise DomainError(_("“%(name)s” is not known here.") % {"name": unknown[0]}, field=unknown[0])
    return dict(data)


def _rows(given: Mapping[str, Any], name: str) -> list[Any]:
    rows = given.get(name, [])
    if not isinstance(rows, list | tuple):
        raise DomainError(_("Give a list."), field=name)
    return list(rows)


def _row(cls: type, data: Any, field: str) -> Any:
    given = _object(data, cls, field)
    _check_types(cls, given, f"{field}.")
    return cls(**given)


def _check_types(cls: type, given: Mapping[str, Any], before: str) -> None:
    for each in fields(cls):
        field, value = f"{before}{each.name}", given.get(each.name)
        if each.name not in given:
            if each.default is each.default_factory:  # Both are MISSING: it has no default.
                raise DomainError(_("This is missing."), field=field)
        elif each.type is int and (not isinstance(value, int) or isinstance(value, bool)):
            raise DomainError(_("Give a whole number."), field=field)
        elif each.type is str and (not isinstance(value, str) or NOT_KEPT.search(value)):
            raise DomainError(_("Give a text."), field=field)
        elif each.type is str and not _is_storable(str(value)):
            raise DomainError(_("This text has characters that cannot be kept. Type it anew."), field=field)
        elif each.type is bool and not isinstance(value, bool):
            raise DomainError(_("Say true or false."), field=field)


def _is_storable(text: str) -> bool:
    """Whether the database can keep it, and a digest be made of it: no NUL, no half of a surrogate pair."""
    return not any(sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in text)
