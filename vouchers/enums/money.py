"""Money of a budget line: where a won can be, and the verbs that move it."""

from collections.abc import Mapping
from typing import NamedTuple

from django.db import models
from django.utils.translation import pgettext_lazy


class Verb(models.TextChoices):
    """What a ledger entry does with its sum."""

    ALLOCATE = "allocate", pgettext_lazy("money", "Allocated")
    CUT = "cut", pgettext_lazy("money", "Budget cut")
    RESERVE = "reserve", pgettext_lazy("money", "Reserved")
    RELEASE = "release", pgettext_lazy("money", "Released")
    COMMIT = "commit", pgettext_lazy("money", "Committed")
    BIND = "bind", pgettext_lazy("money", "Bound to an order")
    UNBIND = "unbind", pgettext_lazy("money", "Freed from an order")
    DISBURSE = "disburse", pgettext_lazy("money", "Paid")
    REVERSE = "reverse", pgettext_lazy("money", "Payment came back")
    RETURN = "return", pgettext_lazy("money", "Returned to the budget")
    RECOVER = "recover", pgettext_lazy("money", "Recovered")


class Way(NamedTuple):
    """From which sum to which: columns of the line, and columns of the voucher. Empty is outside of it."""

    line_from: str
    line_to: str
    voucher_from: str = ""
    voucher_to: str = ""


WAYS: Mapping[str, Way] = {
    Verb.ALLOCATE: Way("", "available_won"),
    Verb.CUT: Way("available_won", ""),
    Verb.RESERVE: Way("available_won", "reserved_won"),
    Verb.RELEASE: Way("reserved_won", "available_won"),
    Verb.COMMIT: Way("reserved_won", "committed_won", "", "open_won"),
    Verb.BIND: Way("", "", "open_won", "bound_won"),
    Verb.UNBIND: Way("", "", "bound_won", "open_won"),
    Verb.DISBURSE: Way("committed_won", "paid_won", "bound_won", "paid_won"),
    Verb.REVERSE: Way("paid_won", "committed_won", "paid_won", "bound_won"),
    Verb.RETURN: Way("committed_won", "available_won", "open_won", "returned_won"),
    Verb.RECOVER: Way("paid_won", "recovered_won", "paid_won", "recovered_won"),
}
"""What was paid and is recovered goes to the treasury, not back to the budget line (facts §5.5)."""

ON_A_VOUCHER = frozenset(verb for verb, way in WAYS.items() if way.voucher_from or way.voucher_to)
