"""Paying the whole cap of the government's share at once: after that sales need not be reported (decree art. 39(3)).

The company tells its agency in writing before it pays. What was owed before counts towards the cap, as every payment of
a task does; so what becomes owed is what is left. The payment itself is recorded like any other.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.text import tidy
from royalties.enums.rules import FirmSize
from royalties.models import AheadNotice, DirectUse, Distribution, GovernmentPayment, GovernmentRule
from royalties.queries.funding import money_behind
from royalties.queries.government import moment_of_next, owed_so_far, paid_before
from royalties.services.government.record import lock_result, refuse_paid_ahead
from royalties.services.income.checks import reason_given, require_won
from royalties.sharing.government import pay_by
from tech_listings.models import Listing


@dataclass(frozen=True)
class Told:
    """The letter to the agency, and the R&D task by its agreement. `research_won`: where no project is known here."""

    told_on: date
    reference: str
    agreed_on: date
    task_ended_on: date
    firm_size: str
    research_won: int = 0


class AheadRecorded(NamedTuple):
    """`is_new` is False where the same was there already."""

    notice: AheadNotice
    is_new: bool


@transaction.atomic
def pay_ahead(*, holder: Organization, listing: Listing, told: Told, by: User, at: datetime) -> AheadRecorded:
    """Write down that the company pays what is left up to the cap. The same once more is the one that is there.

    Raises `NotAllowed`, `NotPossibleNow` where the rule of that agreement does not let it, its years are over, nothing
    is left, or another notice stands; `DomainError` naming the field, also where more was paid before the letter than
    was owed without it (decree art. 39(3), facts §4.3).
    """
    locked, today = lock_result(holder, listing, by), timezone.localdate(at)
    known = money_behind(locked)
    research_won = known.government_won if known else told.research_won
    said: dict[str, Any] = asdict(told) | {"reference": tidy(told.reference), "research_won": research_won}
    _check(told, said["reference"], research_won, today)
    there = AheadNotice.objects.about(holder, locked).standing().first()
    if there is not None:
        if said == {name: getattr(there, name) for name in said}:
            return AheadRecorded(there, False)
        raise NotPossibleNow(_("The whole cap is being paid ahead already. Take that notice back first."))
    rule = GovernmentRule.objects.for_agreement_of(told.agreed_on)
    if rule is None:
        raise NotPossibleNow("No rules of sharing are loaded: call load_royalty_rules.")
    cap_won, left_won = _left(holder, locked, rule, told, research_won, today)
    refuse_paid_ahead(paid_before(locked, told.told_on), cap_won - left_won, letter=told.told_on, field="told_on")
    made = AheadNotice.objects.create(
        holder=holder,
        listing=locked,
        **said,
        projects=list(known.numbers) if known else [],
        rule=rule,
        cap_won=cap_won,
        owed_won=left_won,
        pay_by=pay_by(rule.plan, told.told_on),
        recorded_at=moment_of_next(holder, locked, at),
        recorded_by=by,
    )
    return AheadRecorded(made, True)


def _check(told: Told, reference: str, research_won: int, today: date) -> None:
    if told.told_on > today:
        raise DomainError(_("This day has not come yet."), field="told_on")
    if told.told_on < told.agreed_on:
        raise DomainError(_("The letter comes after the R&D agreement."), field="told_on")
    if not reference or len(reference) > 100:
        raise DomainError(_("Give the number or title of the letter, at most 100 characters."), field="reference")
    if told.task_ended_on < told.agreed_on:
        raise DomainError(_("The task ends after its agreement."), field="task_ended_on")
    if told.firm_size not in FirmSize.values:
        raise DomainError(_("Choose the size of the company."), field="firm_size")
    if research_won < 1:  # nothing was said, and no project is known
        raise DomainError(_("Give the government money of the research in won."), field="research_won")
    require_won(research_won, "research_won")


def _left(
    holder: Organization, listing: Listing, rule: GovernmentRule, told: Told, research_won: int, today: date
) -> tuple[int, int]:
    """The cap, and what is left of it."""
    regime = rule.plan
    if not regime.lets_pay_ahead:
        raise NotPossibleNow(_("Agreements before 2021 know no payment of the whole cap ahead."))
    before = owed_so_far(holder, listing)
    ends_on = regime.ends_on(first_income_on=before.first_on or today, task_ended_on=told.task_ended_on)
    if ends_on is not None and today > ends_on:
        raise NotPossibleNow(_("The years in which it is owed are over. Nothing more is to be paid."))
    cap_won = regime.cap_won(told.firm_size, research_won)
    if before.owed_won >= cap_won:
        raise NotPossibleNow(_("The cap is reached already. Nothing is left to pay ahead."))
    return cap_won, cap_won - before.owed_won


@transaction.atomic
def undo_ahead(*, notice: AheadNotice, reason: str, by: User, at: datetime) -> AheadNotice:
    """Take the notice back, as long as nothing counts on it: no later record, and no payment of what it made owed.

    Raises `NotAllowed`, `NotPossibleNow`, `DomainError` without a reason.
    """
    holder, listing = notice.holder, notice.listing
    lock_result(holder, listing, by)
    why = reason_given(reason)
    locked = AheadNotice.objects.select_for_update(of=["self"]).get(pk=notice.pk)
    if locked.is_undone:
        raise NotPossibleNow(_("This was taken back already."))
    later = {
        "use": DirectUse.objects.about(holder, listing).standing().filter(recorded_at__gt=locked.recorded_at),
        "paid": GovernmentPayment.objects.about(holder, listing).standing().filter(recorded_at__gt=locked.recorded_at),
        "shared": Distribution.objects.standing().filter(
            contract__holder=holder, contract__listing=listing, shared_at__gt=locked.recorded_at
        ),
    }
    if any(rows.exists() for rows in later.values()):
        raise NotPossibleNow(_("Something later counts on it. Take that one back first."))
    locked.undone_at, locked.undone_by, locked.undo_reason = at, by, why
    locked.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    return locked
