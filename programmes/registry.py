"""What apps above know of a firm's standing, asked for here without knowing them.

`tell_standing` is called when they start. Where nobody tells, nothing is known: conditions then stay unclear.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Standing:
    """Whether a firm is excluded from programmes, and whether it owes money that was asked back."""

    is_excluded: bool
    owes_money: bool


Teller = Callable[[Collection[int], date], Standing]
_tellers: dict[str, Teller] = {}
GivenBack = Callable[[], dict[int, int]]
_givers: dict[str, GivenBack] = {}


def tell_standing(name: str, teller: Teller) -> None:
    """`teller` answers for a family of organizations (primary keys) on a day in Korea; once per `name`."""
    _tellers[name] = teller


def standing_of(organizations: Collection[int], on: date) -> Standing | None:
    """What all of them say together; None where nobody is asked."""
    said = [teller(organizations, on) for teller in _tellers.values()]
    if not said:
        return None
    return Standing(any(each.is_excluded for each in said), any(each.owes_money for each in said))


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
