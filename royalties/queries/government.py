"""What a company owes the government for a result, by licences and by its own use, and what it has paid."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Max, Min, QuerySet, Sum

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from royalties.models import AheadNotice, DirectUse, Distribution, GovernmentPayment, SharePlan
from royalties.querysets.government import OfHolderQuerySet
from royalties.querysets.income import keepers
from tech_listings.models import Listing

MOST_ROWS = 100
JUST_AFTER = timedelta(microseconds=1)


@dataclass(frozen=True)
class SoFar:
    """Won owed up to now, of which the cap is counted, and the day of the first income; None where there is none.

    `is_closed`: the whole cap is paid ahead, so nothing more becomes owed.
    """

    owed_won: int
    first_on: date | None
    is_closed: bool


@dataclass(frozen=True)
class Account:
    """Of one of a company's results, in won. `open_won` is still owed; `over_won` was paid too much, since something
    was taken back. `next_by` is the earliest day to pay what payments, put to the earliest first, have not covered.
    `ahead_won` is what was left up to the cap when the company chose to pay it at once.
    """

    listing: Listing
    by_licence_won: int
    by_use_won: int
    ahead_won: int
    paid_won: int
    next_by: date | None

    @property
    def owed_won(self) -> int:
        return self.by_licence_won + self.by_use_won + self.ahead_won

    @property
    def is_done(self) -> bool:
        """The whole cap was paid ahead: sales need not be reported any more (decree art. 39(3))."""
        return self.ahead_won > 0 and not self.open_won

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
    ahead = AheadNotice.objects.about(holder, listing).standing().aggregate(won=Sum("owed_won"))
    won = sum(found["won"] or 0 for found in (by_licence, by_use, ahead))
    return SoFar(won, min(firsts, default=None), is_closed=ahead["won"] is not None)


def moment_of_next(holder: Organization, listing: Listing, at: datetime) -> datetime:
    """The time that the next entry of a result carries, asked under its lock: `at`, or just after the newest entry.

    `at` was read before the lock, so who waited for it would carry an older time than what he counts on; and what may
    be taken back is told by what is newer.
    """
    recorded = [model.objects.about(holder, listing) for model in (DirectUse, GovernmentPayment, AheadNotice)]
    newest = [rows.aggregate(at=Max("recorded_at"))["at"] for rows in recorded]
    shared = Distribution.objects.filter(contract__holder=holder, contract__listing=listing)
    newest.append(shared.aggregate(at=Max("shared_at"))["at"])
    return max([at, *(before + JUST_AFTER for before in newest if before is not None)])


def company_listings(user: User | AnonymousUser) -> QuerySet[Listing]:
    """Technologies of the companies whose royalties the user keeps."""
    rows = Listing.objects.filter(holder__in=keepers(user), holder__kind=OrganizationKind.COMPANY)
    return rows.select_related("holder")


def results_of(user: User | AnonymousUser) -> QuerySet[Listing]:
    """`company_listings` by number, those that are not on offer last."""
    return company_listings(user).order_by("number", "pk")


def account_of(listing: Listing) -> Account:
    return accounts_of([listing])[0]


def uses_of(listing: Listing) -> OfHolderQuerySet:
    """Records of own use, the latest days first, also those that were taken back."""
    return DirectUse.objects.about(listing.holder, listing).select_related("rule").order_by("-sold_from", "-pk")


def payments_of(listing: Listing) -> OfHolderQuerySet:
    return GovernmentPayment.objects.about(listing.holder, listing).order_by("-paid_on", "-pk")


def paid_before(listing: Listing, day: date) -> int:
    """Won of payments that stand and are of an earlier day."""
    rows = GovernmentPayment.objects.about(listing.holder, listing).standing().filter(paid_on__lt=day)
    return rows.aggregate(won=Sum("amount_won"))["won"] or 0


def ahead_of(listing: Listing) -> OfHolderQuerySet:
    """Notices of paying the whole cap, of which one stands at most; the newest first."""
    return AheadNotice.objects.about(listing.holder, listing).select_related("rule").order_by("-pk")


def sales_day(today: date) -> date:
    """By then last year's sales are to be reported (decree art. 39(1))."""
    return date(today.year, 6, 30)


def sales_due(account: Account, today: date) -> date | None:
    """`sales_day`, where last year's sales with the result are still to be recorded.

    None where it was not used before, they are recorded, the years in which anything is owed were over before them, or
    the whole cap was paid ahead.
    """
    if account.is_done:
        return None
    last_year = today.year - 1
    newest = uses_of(account.listing).standing().filter(sold_from__year__lt=today.year).first()
    if newest is None or newest.sold_from.year == last_year:
        return None
    ends_on = newest.owed.get("ends_on")
    if ends_on and date.fromisoformat(ends_on) < date(last_year, 1, 1):
        return None
    return sales_day(today)


TASK = ("agreed_on", "task_ended_on", "firm_size", "contribution_bp")


def known_task(listing: Listing) -> dict[str, Any]:
    """What was last written about the R&D task, in a record of own use or in a plan of a licence; empty for nothing."""
    use = uses_of(listing).standing().first()
    if use is not None:
        return {name: getattr(use, name) for name in (*TASK, "research_won")}
    plans = SharePlan.objects.filter(contract__holder=listing.holder, contract__listing=listing, government_won__gt=0)
    plan = plans.order_by("-pk").first()
    return {name: getattr(plan, name) for name in TASK} | {"research_won": plan.government_won} if plan else {}


@dataclass(frozen=True)
class AccountWithRows(Account):
    uses: list[DirectUse]
    payments: list[GovernmentPayment]
    ahead: list[AheadNotice]


def with_rows(account: Account) -> AccountWithRows:
    """With the newest `MOST_ROWS` of each."""
    mine = {field.name: getattr(account, field.name) for field in fields(account)}
    uses, payments, ahead = (list(rows(account.listing)[:MOST_ROWS]) for rows in (uses_of, payments_of, ahead_of))
    return AccountWithRows(**mine, uses=uses, payments=payments, ahead=ahead)


def accounts_of(listings: Iterable[Listing]) -> list[Account]:
    """One of each, in the order given and in four questions: what its holder owes and paid."""
    asked = list(listings)
    about = {"listing__in": asked, "holder__in": {listing.holder_id for listing in asked}}
    licences = (
        Distribution.objects.standing()
        .filter(**{f"contract__{name}": value for name, value in about.items()}, government_won__gt=0)
        .values_list("contract__listing", "contract__holder", "pay_government_by", "government_won")
    )
    uses = DirectUse.objects.standing().filter(**about, owed_won__gt=0)
    payments = GovernmentPayment.objects.standing().filter(**about)
    ahead = AheadNotice.objects.standing().filter(**about)
    of_licences, of_uses = _by_result(licences), _by_result(uses.values_list("listing", "holder", "pay_by", "owed_won"))
    of_ahead = _by_result(ahead.values_list("listing", "holder", "pay_by", "owed_won"))
    paid = _by_result(payments.values_list("listing", "holder", "paid_on", "amount_won"))
    return [
        _account(listing, of_licences[key], of_uses[key], of_ahead[key], _sum(paid[key]))
        for listing in asked
        for key in [(listing.pk, listing.holder_id)]
    ]


Lines = list[tuple[date, int]]


def _by_result(rows: Iterable[tuple[int, int, date | None, int]]) -> dict[tuple[int, int], Lines]:
    found: dict[tuple[int, int], Lines] = defaultdict(list)
    for listing, holder, day, won in rows:
        assert day is not None  # what is owed has a day to pay it by
        found[listing, holder].append((day, won))
    return found


def _sum(lines: Lines) -> int:
    return sum(won for _day, won in lines)


def _account(listing: Listing, of_licences: Lines, of_uses: Lines, of_ahead: Lines, paid_won: int) -> Account:
    left_won, next_by = paid_won, None
    for day, won in sorted(of_licences + of_uses + of_ahead):
        left_won -= won
        if left_won < 0:
            next_by = day
            break
    return Account(listing, _sum(of_licences), _sum(of_uses), _sum(of_ahead), paid_won, next_by)
