"""How what is owed lies on the lines that ask for it: of a line of the terms, and of late interest."""

from collections.abc import Sequence
from typing import NamedTuple

from royalties.enums.calendar import DueState
from royalties.models import Due


class Spread(NamedTuple):
    """`free` and their amounts, `kept` and how much too much each says, `rest_won` that no line asks for."""

    free: list[tuple[Due, int]]
    kept: list[tuple[Due, int]]
    rest_won: int


def is_free(due: Due) -> bool:
    """Whether its amount may be written anew: nobody was asked for it."""
    return due.state == DueState.EXPECTED and not due.paid_won


def spread(rows: Sequence[Due], owed_won: int) -> Spread:
    """What was asked for, paid or waived keeps its amount; the first free line takes what no other one asks for.

    Of what is too much the newest line first: a free one asks for less, another one notes it. What was waived was never
    asked for: it is less, and nothing of it is to be given back.
    """
    free, kept = [due for due in rows if is_free(due)], [due for due in rows if not is_free(due)]
    left_won = owed_won - sum(due.amount_won or 0 for due in kept)
    excess_won, left_won = max(-left_won, 0), max(left_won, 0)
    amounts = []
    for due in free[1:]:  # an invoice was cancelled while a further line waited to be asked for
        part_won = min(due.amount_won or 0, left_won)
        amounts.append((due, part_won))
        left_won -= part_won
    if free:
        amounts.append((free[0], left_won))
    noted = []
    for due in reversed(kept):
        part_won = min(due.amount_won or 0, excess_won)
        noted.append((due, 0 if due.state == DueState.WAIVED else part_won))
        excess_won -= part_won
    return Spread(amounts, noted, 0 if free else left_won)
