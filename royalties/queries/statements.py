"""What persons have got: lines of a period, and sums per person. What was taken back counts on its own day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from royalties.enums.rules import Pot
from royalties.models import Payee, PersonShare
from royalties.querysets.income import PersonShareQuerySet


@dataclass(frozen=True)
class Entry:
    """A line of a statement. `amount_won` is less than 0 where a distribution was taken back on `day`."""

    share: PersonShare
    day: date
    amount_won: int

    @property
    def is_reversal(self) -> bool:
        return self.amount_won < 0


@dataclass
class PersonTotal:
    payee: Payee
    researchers_won: int = 0
    contributors_won: int = 0

    @property
    def total_won(self) -> int:
        return self.researchers_won + self.contributors_won


def entries(
    shares: PersonShareQuerySet | QuerySet[PersonShare], *, start: date | None, end: date | None
) -> list[Entry]:
    """Newest first: what was shared out or taken back from `start` to `end`, days in Korea, both included."""
    found = []
    for share in shares:
        made = share.distribution
        found.append(Entry(share, timezone.localdate(made.shared_at), share.amount_won))
        if made.undone_at is not None:
            found.append(Entry(share, timezone.localdate(made.undone_at), -share.amount_won))
    inside = [e for e in found if (start is None or e.day >= start) and (end is None or e.day <= end)]
    return sorted(inside, key=lambda e: (e.day, e.share.pk, e.is_reversal), reverse=True)


def totals(lines: Iterable[Entry]) -> list[PersonTotal]:
    """Per person, by name."""
    found: dict[int, PersonTotal] = {}
    for line in lines:
        total = found.setdefault(line.share.payee_id, PersonTotal(line.share.payee))
        if line.share.pot == Pot.RESEARCHERS:
            total.researchers_won += line.amount_won
        else:
            total.contributors_won += line.amount_won
    return sorted(found.values(), key=lambda t: (t.payee.name, t.payee.pk))
