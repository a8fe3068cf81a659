"""Whether terms can be agreed: each fault with its field, the value that is wrong, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from deals.enums.terms import Method
from deals.terms.terms import MOST_WON, Terms
from marketplace.core.money import BASIS_POINTS, in_percent

MOST_INSTALMENTS, MOST_MILESTONES = 24, 24
MOST_MONTHS = 240
MOST_FROM_YEAR = 30
MOST_WORDS = 200
LEAST_INITIAL_BP = 1_000

MONEY = ("upfront_won", "minimum_won", "cap_won", "swap_discount_won")
RATES = ("running_bp", "equity_bp")
FIXED = frozenset({"upfront_won", "instalments"})
RUNNING = frozenset({"running_bp", "cap_won"})
# What each way to pay has room for. A minimum beside a swap would be owed by who never sells, which a swap rules out.
ROOM = {
    Method.LUMP_SUM: FIXED,
    Method.RUNNING: FIXED | RUNNING | {"minimum_won"},
    Method.MILESTONES: FIXED | RUNNING | {"minimum_won", "milestones"},
    Method.SWAP: FIXED | RUNNING | {"swap_discount_won"},
    Method.EQUITY: FIXED | {"equity_bp"},
    Method.FREE: frozenset(),
}
BOUNDED = sorted(frozenset().union(*ROOM.values()))


@dataclass(frozen=True)
class Problem:
    """`field` is a path like `instalments.0.won`. A warning names something to think about and stops nothing."""

    field: str
    value: Any
    message: str
    remedy: str
    is_warning: bool = False

    @property
    def text(self) -> str:
        return f"{self.message} {self.remedy}"


def check(terms: Terms) -> list[Problem]:
    """All faults, in the order of the form. Empty: the terms can be agreed."""
    if terms.method not in Method.values:
        message = _("“%(value)s” is no way to pay.") % {"value": terms.method}
        return [Problem("method", terms.method, message, _("Choose one from the list."))]
    parts = (_amounts, _room, _needed, _instalments, _milestones, _running, _swap)
    return [problem for part in parts for problem in part(terms)]


def refusals(terms: Terms) -> list[Problem]:
    """The faults that stop, without the warnings."""
    return [problem for problem in check(terms) if not problem.is_warning]


def initial_fee(terms: Terms, total_won: int) -> Problem | None:
    """A warning where the initial fee beside a running royalty is below a tenth of `total_won`, what the whole is
    expected to come to (domain-facts.md §4.1). None where it is not, or where nothing is paid at the start.
    """
    if terms.method != Method.RUNNING or not terms.fixed_won:
        return None
    if terms.fixed_won * BASIS_POINTS >= total_won * LEAST_INITIAL_BP:
        return None
    least = -(-total_won * LEAST_INITIAL_BP // BASIS_POINTS)
    given = {"value": f"{terms.fixed_won:,}", "total": f"{total_won:,}"}
    return Problem(
        "upfront_won",
        terms.fixed_won,
        _("The initial fee of %(value)s won is less than 10 %% of the expected total of %(total)s won.") % given,
        _("Usual is at least %(least)s won.") % {"least": f"{least:,}"},
        is_warning=True,
    )


def _amounts(terms: Terms) -> Iterator[Problem]:
    for name in MONEY:
        yield from _within(name, getattr(terms, name), 0, MOST_WON)
    for name in RATES:
        value = getattr(terms, name)
        if not 0 <= value <= BASIS_POINTS:
            message = _("%(value)s %% is no possible rate.") % {"value": in_percent(value) if value > 0 else value}
            yield Problem(name, value, message, _("Give 0 to 100 percent."))
    yield from _within("minimum_from_year", terms.minimum_from_year, 1, MOST_FROM_YEAR)
    yield from _within("statement_due_months", terms.statement_due_months, 1, 12)
    yield from _within("swap_start_months", terms.swap_start_months, 1, 60)
    yield from _within("swap_grace_months", terms.swap_grace_months, 0, 60)


def _within(field: str, value: int, least: int, most: int) -> Iterator[Problem]:
    if not least <= value <= most:
        message = _("%(value)s is out of range.") % {"value": f"{value:,}"}
        remedy = _("Give a whole number from %(least)s to %(most)s.") % {"least": f"{least:,}", "most": f"{most:,}"}
        yield Problem(field, value, message, remedy)


def _room(terms: Terms) -> Iterator[Problem]:
    """Nothing may be written down that the way to pay does not know: it would look agreed and never be owed."""
    room, label = ROOM[Method(terms.method)], Method(terms.method).label
    for name in BOUNDED:
        if name not in room and (value := getattr(terms, name)):
            message = _("The way to pay “%(method)s” has no room for this.") % {"method": label}
            yield Problem(name, value, message, _("Leave it empty, or choose another way to pay."))


def _needed(terms: Terms) -> Iterator[Problem]:
    needed = {
        Method.LUMP_SUM: ("upfront_won", terms.fixed_won, _("Say how much is paid.")),
        Method.RUNNING: ("running_bp", terms.running_bp, _("Give the share of net sales in percent.")),
        Method.MILESTONES: ("milestones", len(terms.milestones), _("Name at least one milestone and its amount.")),
        Method.SWAP: ("running_bp", terms.running_bp, _("Give the share of net sales in percent.")),
        Method.EQUITY: ("equity_bp", terms.equity_bp, _("Give the share of the company in percent.")),
    }
    if terms.method in needed:
        field, value, remedy = needed[Method(terms.method)]
        if not value:
            yield Problem(field, value, _("This way to pay needs an amount here."), remedy)


def _instalments(terms: Terms) -> Iterator[Problem]:
    yield from _most("instalments", len(terms.instalments), MOST_INSTALMENTS)
    before = 0
    for at, each in enumerate(terms.instalments):
        yield from _within(f"instalments.{at}.months", each.months, 1, MOST_MONTHS)
        yield from _within(f"instalments.{at}.won", each.won, 1, MOST_WON)
        if 1 <= each.months <= before:
            message = _("The instalment after %(value)d months does not follow the one before.") % {
                "value": each.months
            }
            yield Problem(
                f"instalments.{at}.months", each.months, message, _("Give each a later month than the one before.")
            )
        before = max(before, each.months)
    if terms.instalments and terms.fixed_won > MOST_WON:
        yield from _within("instalments", terms.fixed_won, 0, MOST_WON)


def _milestones(terms: Terms) -> Iterator[Problem]:
    yield from _most("milestones", len(terms.milestones), MOST_MILESTONES)
    seen: set[str] = set()
    for at, each in enumerate(terms.milestones):
        yield from _within(f"milestones.{at}.won", each.won, 1, MOST_WON)
        yield from _within(f"milestones.{at}.month", each.month, 0, MOST_MONTHS)
        if not each.words.strip() or len(each.words) > MOST_WORDS:
            message = _("It is not said what has to be reached.") if not each.words.strip() else _("This is too long.")
            remedy = _("Say in at most %(most)d characters what has to be reached.") % {"most": MOST_WORDS}
            yield Problem(f"milestones.{at}.words", each.words, message, remedy)
        if not each.key or each.key in seen:
            message = _("“%(value)s” does not tell this milestone from the others.") % {"value": each.key}
            yield Problem(f"milestones.{at}.key", each.key, message, _("Give each milestone a key of its own."))
        seen.add(each.key)


def _most(field: str, number: int, most: int) -> Iterator[Problem]:
    if number > most:
        message = _("%(value)d are too many.") % {"value": number}
        yield Problem(field, number, message, _("Give at most %(most)d.") % {"most": most})


def _running(terms: Terms) -> Iterator[Problem]:
    if terms.method == Method.MILESTONES and not terms.running_bp:
        for name in ("minimum_won", "cap_won"):
            if value := getattr(terms, name):
                message = _("This belongs to a running royalty, and there is none.")
                yield Problem(name, value, message, _("Give the share of net sales in percent, or leave this empty."))
    elif terms.cap_won and terms.cap_won < terms.minimum_won:
        message = _("The cap of %(cap)s won for all years is below the minimum of %(minimum)s won for one year.") % {
            "cap": f"{terms.cap_won:,}",
            "minimum": f"{terms.minimum_won:,}",
        }
        yield Problem("cap_won", terms.cap_won, message, _("Raise the cap, or lower the minimum."))


def _swap(terms: Terms) -> Iterator[Problem]:
    if terms.method != Method.SWAP:
        return
    if not terms.swap_discount_won:
        message = _("Nothing is taken off the fee at the start.")
        yield Problem("swap_discount_won", 0, message, _("Say how much is made up by the doubled rate."))
    if terms.running_bp * 2 > BASIS_POINTS:
        message = _("Doubled, %(value)s %% is more than all sales.") % {"value": in_percent(terms.running_bp)}
        yield Problem("running_bp", terms.running_bp, message, _("Give at most 50 percent."))
    if terms.cap_won and terms.cap_won < terms.swap_discount_won:
        message = _("With a cap of %(cap)s won, the %(discount)s won taken off can never be made up in full.") % {
            "cap": f"{terms.cap_won:,}",
            "discount": f"{terms.swap_discount_won:,}",
        }
        remedy = _("Raise the cap if they should be.")
        yield Problem("cap_won", terms.cap_won, message, remedy, is_warning=True)
