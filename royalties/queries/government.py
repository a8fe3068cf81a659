"""What a company owes the government for a result, by licences and by its own use, and what it has paid."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Min, Sum

from accounts.models import Organization
from royalties.models import DirectUse, Distribution, GovernmentPayment
from tech_listings.models import Listing


@dataclass(frozen=True)
class SoFar:
    """Won owed up to now, of which the cap is counted, and the day of the first income; None where there is none."""

    owed_won: int
    first_on: date | None


@dataclass(frozen=True)
class Account:
    """In won. `open_won` is still owed; `over_won` was paid too much, since something was taken back."""

    listing: Listing
    by_licence_won: int
    by_use_won: int
    paid_won: int
    next_by: date | None

    @property
    def owed_won(self) -> int:
        return self.by_licence_won + self.by_use_won

    @property
    def open_won(self) -> int:
        return max(0, self.owed_won - self.paid_won)

    @property
    def over_won(self) -> int:
        return max(0, self.paid_won - self.owed_won)


def owed_so_far(holder: Organization, listing: Listing) -> SoFar:
    """The cap is that of the task, whatever its result earns by."""
    licences = Distribution.objects.standing().filter(contract__holder=holder, contract__listing=listing)
    by_licence = licences.aggregate(won=Sum("government_won"), first=Min("allocation__receipt__booked_on"))
    uses = DirectUse.objects.about(holder, listing).standing()
    by_use = uses.aggregate(won=Sum("owed_won"), first=Min("sold_from"))
    firsts = [day for day in (by_licence["first"], by_use["first"]) if day]
    return SoFar((by_licence["won"] or 0) + (by_use["won"] or 0), min(firsts, default=None))


def account_of(holder: Organization, listing: Listing) -> Account:
    """`next_by` is the earliest day to pay what payments, put to the earliest first, have not covered."""
    licences = Distribution.objects.standing().filter(
        contract__holder=holder, contract__listing=listing, government_won__gt=0
    )
    uses = DirectUse.objects.about(holder, listing).standing().filter(owed_won__gt=0)
    of_licences = list(licences.values_list("pay_government_by", "government_won"))
    of_uses = list(uses.values_list("pay_by", "owed_won"))
    payments = GovernmentPayment.objects.about(holder, listing).standing()
    paid_won = left_won = payments.aggregate(won=Sum("amount_won"))["won"] or 0
    next_by = None
    for day, won in sorted(of_licences + of_uses):
        left_won -= won
        if left_won < 0:
            next_by = day
            break
    return Account(listing, sum(won for _, won in of_licences), sum(won for _, won in of_uses), paid_won, next_by)


def accounts_of(holder: Organization) -> list[Account]:
    """Of each of the company's technologies from which something was earned or that is offered, by its number."""
    rows = (
        Listing.objects.filter(holder=holder).filter(pk__in=_with_something(holder))
        | Listing.objects.filter(holder=holder).published()
    )
    return [account_of(holder, listing) for listing in rows.distinct().order_by("number", "pk")[:100]]


def _with_something(holder: Organization) -> set[int]:
    used = DirectUse.objects.filter(holder=holder).values_list("listing", flat=True)
    earned = Distribution.objects.filter(contract__holder=holder).values_list("contract__listing", flat=True)
    return {*used, *earned}
