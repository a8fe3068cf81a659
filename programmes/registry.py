"""What apps above know of a firm's standing, asked for here without knowing them, and how they refuse it money.

`tell_standing` is called when they start. Where nobody tells, nothing is known: conditions then stay unclear.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import get_language, gettext, gettext_noop

from marketplace.core.errors import Conflict
from marketplace.core.money import won


@dataclass(frozen=True)
class Standing:
    """Whether a firm is excluded from programmes, whether it owes money that was asked back, and whether it may not
    apply that day because it left too much of a voucher unused; what it was granted before stays with it."""

    is_excluded: bool = False
    owes_money: bool = False
    is_barred: bool = False


Teller = Callable[[Collection[int], date], Standing]
_tellers: dict[str, Teller] = {}
GivenBack = Callable[[], dict[int, int]]
Refused = Callable[[date], Collection[int]]
_refused: dict[str, Refused] = {}
_givers: dict[str, GivenBack] = {}
Over = Callable[[], "QuerySet[Any, Any]"]
_over: dict[str, Over] = {}


def tell_standing(name: str, teller: Teller) -> None:
    """`teller` answers for a family of organizations (primary keys) on a day in Korea; once per `name`."""
    _tellers[name] = teller


def standing_of(organizations: Collection[int], on: date) -> Standing | None:
    """What all of them say together; None where nobody is asked."""
    said = [teller(organizations, on) for teller in _tellers.values()]
    if not said:
        return None
    return Standing(*(any(getattr(each, field.name) for each in said) for field in fields(Standing)))


def tell_refused(name: str, teller: Refused) -> None:
    """`teller` names the organizations (primary keys) that are excluded or owe money on a day; once per `name`."""
    _refused[name] = teller


def refused_on(day: date) -> set[int]:
    """Who may get nothing that day, for many at once; firms merged into them, or they into, are not among them."""
    return {key for teller in _refused.values() for key in teller(day)}


def tell_given_back(name: str, teller: GivenBack) -> None:
    """`teller` says how much of what was granted went back unused, by application (primary key); once per `name`."""
    _givers[name] = teller


def given_back() -> dict[int, int]:
    """Won by application, for those of which some went back."""
    found: dict[int, int] = {}
    for teller in _givers.values():
        for key, amount_won in teller().items():
            found[key] = found.get(key, 0) + amount_won
    return found


def tell_over(name: str, teller: Over) -> None:
    """`teller` gives the applications (primary keys) from which nothing runs any more; once per `name`."""
    _over[name] = teller


def nothing_runs_of() -> Q:
    """The applications of which all that came of their agreement is over, whatever else holds of them: a condition
    that is asked when the rows are."""
    found = Q(pk__in=[])
    for teller in _over.values():
        found |= Q(pk__in=teller())
    return found


class MoneyRefused(Conflict):
    """There is no money for an application now. Kept as `code` and `params`, to be said in each reader's language.

    `words` is a message id. In `params` a number `sum_won` fills `%(sum)s`, and a mapping gives its entry for the
    language (see `in_languages`).
    """

    code = "money_refused"
    words: ClassVar[str] = gettext_noop("The money was refused.")
    _by_code: ClassVar[dict[str, type["MoneyRefused"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        MoneyRefused._by_code[cls.code] = cls

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(_filled(self.words, params))


class FirmRefused(MoneyRefused):
    """This firm may not have the money, whatever the budget holds. Who comes after it on a reserve list still may."""

    code = "firm_refused"
    words = gettext_noop("This firm may not have the money.")


class NoMoney(MoneyRefused):
    """Less is left than is asked for: `left_won`, `wanted_won`."""

    code = "not_enough_money"
    words = gettext_noop("There are %(left)s left of this; %(wanted)s cannot be taken from it.")


def refusal(code: str, params: Mapping[str, Any]) -> str:
    """What a `MoneyRefused` that was kept says, in the reader's language. `code` itself where nobody knows it."""
    known = MoneyRefused._by_code.get(code)
    return _filled(known.words, params) if known else gettext(code) if code else ""


def in_languages(name_in: Callable[[str], str]) -> dict[str, str]:
    """A name for `params`, in each language of the house."""
    return {code: name_in(code) for code, _name in settings.LANGUAGES}


def _filled(words: str, params: Mapping[str, Any]) -> str:
    said: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, Mapping):
            said[name] = value.get(get_language() or settings.LANGUAGE_CODE, "")
        elif name.endswith("_won"):
            said[name.removesuffix("_won")] = won(value)
        else:
            said[name] = value
    return gettext(words) % said
