"""What persons have got: lines of a period, and sums per person. What was taken back counts on its own day."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet, Sum
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
    """Who developed a donated technology got it as an inventor."""

    payee: Payee
    researchers_won: int = 0
    contributors_won: int = 0
    donor_won: int = 0

    @property
    def total_won(self) -> int:
        return self.researchers_won + self.contributors_won + self.donor_won


def inside(kind: str, *, start: date | None, end: date | None) -> Q:
    """`shared` or `undone` from `start` to `end`, days in Korea, both included."""
    found = Q(**{f"distribution__{kind}_at__isnull": False})
    if start is not None:
        found &= Q(**{f"distribution__{kind}_at__date__gte": start})
    return found if end is None else found & Q(**{f"distribution__{kind}_at__date__lte": end})


def entries(
    shares: PersonShareQuerySet | QuerySet[PersonShare], *, start: date | None, end: date | None, most: int
) -> list[Entry]:
    """Newest first: what was shared out or taken back in the period; no more than `most` + 1, so that a page can say
    that there are more.
    """
    period = {"start": start, "end": end}
    found = []
    for share in shares.filter(inside("shared", **period)).order_by("-distribution__shared_at", "-pk")[: most + 1]:
        found.append(Entry(share, timezone.localdate(share.distribution.shared_at), share.amount_won))
    for share in shares.filter(inside("undone", **period)).order_by("-distribution__undone_at", "-pk")[: most + 1]:
        assert share.distribution.undone_at
        found.append(Entry(share, timezone.localdate(share.distribution.undone_at), -share.amount_won))
    return sorted(found, key=lambda e: (e.day, e.share.pk, e.is_reversal), reverse=True)[: most + 1]


def totals(shares: PersonShareQuerySet, *, start: date | None, end: date | None) -> list[PersonTotal]:
    """Per person, by name: all lines of the period, however many. Two statements and one for the persons."""
    sums: dict[int, dict[str, int]] = {}
    for kind, sign in (("shared", 1), ("undone", -1)):
        rows = shares.filter(inside(kind, start=start, end=end)).order_by()
        for payee, pot, won in rows.values_list("payee", "pot").annotate(won=Sum("amount_won")):
            of = sums.setdefault(payee, {})
            of[pot] = of.get(pot, 0) + sign * won
    found = []
    for payee in Payee.objects.filter(pk__in=sums):
        of = sums[payee.pk]
        inventor_won = of.get(Pot.RESEARCHERS, 0) + of.get(Pot.DEVELOPERS, 0)
        found.append(PersonTotal(payee, inventor_won, of.get(Pot.CONTRIBUTORS, 0), of.get(Pot.DONOR, 0)))
    return sorted(found, key=lambda t: (t.payee.name, t.payee.pk))
