"""A company's own use of a result of national R&D, and what it paid the government of it (facts §4.3)."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.money import BASIS_POINTS
from marketplace.core.text import tidy
from royalties.enums.rules import FirmSize, IncomeKind
from royalties.models import AheadNotice, DirectUse, Distribution, GovernmentPayment, GovernmentRule
from royalties.queries.funding import money_behind
from royalties.queries.government import account_of, moment_of_next, owed_so_far, paid_before
from royalties.services.income.checks import reason_given, require_keeper, require_won
from royalties.services.share.plan import is_company
from royalties.sharing.government import Task, owed, pay_by
from tech_listings.models import Listing


@dataclass(frozen=True)
class Used:
    """Sales in won without VAT, and the R&D task by its agreement. `research_won`: where no project is known here."""

    sold_from: date
    sold_until: date
    sales_won: int
    agreed_on: date
    task_ended_on: date
    firm_size: str
    contribution_bp: int = BASIS_POINTS
    research_won: int = 0


class UseRecorded(NamedTuple):
    """`is_new` is False where the same was there already."""

    use: DirectUse
    is_new: bool


class PaymentRecorded(NamedTuple):
    """`is_new` is False where the same was there already."""

    payment: GovernmentPayment
    is_new: bool


def lock_result(holder: Organization, listing: Listing, by: User) -> Listing:
    """The cap is that of the task: whoever counts on it passes here one by one, as sharing out does.

    Raises `NotAllowed`, `NotPossibleNow` for an institute, which pays no such royalty, and for what is not its own.
    """
    require_keeper(by, holder)
    if not is_company(holder):
        raise NotPossibleNow(_("Only companies pay the government. An institute shares royalty with its people."))
    locked = Listing.objects.select_for_update(of=["self"], no_key=True).get(pk=listing.pk)
    if locked.holder_id != holder.pk:
        raise NotPossibleNow(_("This technology is not one of your organization."))
    return locked


@transaction.atomic
def record_use(*, holder: Organization, listing: Listing, used: Used, by: User, at: datetime) -> UseRecorded:
    """Write down what was sold with it, and what is owed of that. The same once more is the one that is there.

    Raises `NotAllowed`, `NotPossibleNow` where days were recorded already, `DomainError` naming the field.
    """
    locked = lock_result(holder, listing, by)
    _check(used, timezone.localdate(at))
    known = money_behind(locked)
    research_won = known.government_won if known else used.research_won
    if research_won < 1:  # nothing was said, and no project is known
        raise DomainError(_("Give the government money of the research in won."), field="research_won")
    require_won(research_won, "research_won")
    standing = DirectUse.objects.about(holder, locked).standing()
    there = standing.filter(sold_from__lte=used.sold_until, sold_until__gte=used.sold_from).first()
    if there is not None:
        if _says(there, used, research_won):
            return UseRecorded(there, False)
        raise NotPossibleNow(_("Sales of some of these days were recorded already. Take that record back first."))
    rule = GovernmentRule.objects.for_agreement_of(used.agreed_on)
    if rule is None:
        raise NotPossibleNow("No rules of sharing are loaded: call load_royalty_rules.")
    before = owed_so_far(holder, locked)
    found = owed(
        rule.plan, Task(used.firm_size, research_won, used.task_ended_on, used.contribution_bp),
        kind=IncomeKind.DIRECT, base_won=used.sales_won, on=used.sold_until,
        first_income_on=min(used.sold_from, before.first_on or used.sold_from),
        paid_won=before.owed_won, is_closed=before.is_closed,
    )  # fmt: skip
    if found.ends_on is not None and used.sold_from <= found.ends_on < used.sold_until:
        day = date_format(found.ends_on, "SHORT_DATE_FORMAT")
        raise DomainError(
            _("Nothing is owed of sales after %(day)s. Record the days up to that day by themselves.") % {"day": day},
            field="sold_until",
        )
    made = DirectUse.objects.create(
        holder=holder,
        listing=locked,
        sold_from=used.sold_from,
        sold_until=used.sold_until,
        sales_won=used.sales_won,
        research_won=research_won,
        projects=list(known.numbers) if known else [],
        agreed_on=used.agreed_on,
        task_ended_on=used.task_ended_on,
        firm_size=used.firm_size,
        contribution_bp=used.contribution_bp,
        rule=rule,
        owed=asdict(found) | {"ends_on": found.ends_on.isoformat() if found.ends_on else None},
        owed_won=found.owed_won,
        pay_by=pay_by(rule.plan, timezone.localdate(at)) if found.owed_won else None,
        recorded_at=moment_of_next(holder, locked, at),
        recorded_by=by,
    )
    return UseRecorded(made, True)


def _check(used: Used, today: date) -> None:
    if used.sold_until < used.sold_from:
        raise DomainError(_("The last day comes before the first."), field="sold_until")
    if used.sold_until > today:
        raise DomainError(_("This day has not come yet."), field="sold_until")
    if used.sold_until.year != used.sold_from.year:
        raise DomainError(_("Record each calendar year by itself."), field="sold_until")
    require_won(used.sales_won, "sales_won", least=0)
    if used.firm_size not in FirmSize.values:
        raise DomainError(_("Choose the size of the company."), field="firm_size")
    if not 0 <= used.contribution_bp <= BASIS_POINTS:
        raise DomainError(_("The contribution of the technology lies between 0 and 100 %."), field="contribution_bp")
    if used.task_ended_on < used.agreed_on:
        raise DomainError(_("The task ends after its agreement."), field="task_ended_on")


def _says(there: DirectUse, used: Used, research_won: int) -> bool:
    said = asdict(used) | {"research_won": research_won}
    return said == {name: getattr(there, name) for name in said}


@transaction.atomic
def undo_use(*, use: DirectUse, reason: str, by: User, at: datetime) -> DirectUse:
    """Take a record back; the newest of a result first, as the others count on it for the cap.

    Raises `NotAllowed`, `NotPossibleNow`, `DomainError` without a reason.
    """
    lock_result(use.holder, use.listing, by)
    why = reason_given(reason)
    locked = DirectUse.objects.select_for_update(of=["self"]).get(pk=use.pk)
    if locked.is_undone:
        raise NotPossibleNow(_("This was taken back already."))
    later_use = DirectUse.objects.about(use.holder, use.listing).standing().filter(pk__gt=locked.pk)
    later_share = Distribution.objects.standing().filter(
        contract__holder=use.holder, contract__listing=use.listing, shared_at__gt=locked.recorded_at
    )
    later_ahead = (
        AheadNotice.objects.about(use.holder, use.listing).standing().filter(recorded_at__gt=locked.recorded_at)
    )
    if later_use.exists() or later_share.exists() or later_ahead.exists():
        raise NotPossibleNow(_("Something later counts on it. Take that one back first."))
    locked.undone_at, locked.undone_by, locked.undo_reason = at, by, why
    locked.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    return locked


@transaction.atomic
def record_payment(
    *, holder: Organization, listing: Listing, paid_on: date, amount_won: int, reference: str, by: User, at: datetime
) -> PaymentRecorded:
    """Write down what was paid. The same reference with the same words once more is the one that is there.

    Raises `NotAllowed`, `NotPossibleNow` where less is owed, or the reference stands for another payment, `DomainError`
    naming the field, also where it was paid ahead before the letter that says so (decree art. 39(3), facts §4.3).
    """
    locked = lock_result(holder, listing, by)
    said = tidy(reference)
    if not said or len(said) > 100:
        raise DomainError(_("Give the number of the transfer or notice, at most 100 characters."), field="reference")
    if paid_on > timezone.localdate(at):
        raise DomainError(_("This day has not come yet."), field="paid_on")
    if amount_won < 1:
        raise DomainError(_("Give a whole number of won, 1 or more."), field="amount_won")
    there = GovernmentPayment.objects.about(holder, locked).standing().filter(reference=said).first()
    if there is not None:
        if (there.paid_on, there.amount_won) == (paid_on, amount_won):
            return PaymentRecorded(there, False)
        raise NotPossibleNow(_("Another payment has this reference already."))
    open_won = account_of(locked).open_won
    if amount_won > open_won:
        raise NotPossibleNow(_("Only %(open)s won are still owed.") % {"open": f"{open_won:,}"})
    _refuse_before_letter(locked, paid_on, amount_won)
    made = GovernmentPayment.objects.create(
        holder=holder,
        listing=locked,
        paid_on=paid_on,
        amount_won=amount_won,
        reference=said,
        recorded_at=moment_of_next(holder, locked, at),
        recorded_by=by,
    )
    return PaymentRecorded(made, True)


def _refuse_before_letter(listing: Listing, paid_on: date, amount_won: int) -> None:
    """What is paid ahead is paid after the letter to the agency; before it only what was owed anyway."""
    notice = AheadNotice.objects.about(listing.holder, listing).standing().first()
    if notice is None or paid_on >= notice.told_on:
        return
    account = account_of(listing)
    most_won = account.owed_won - account.ahead_won - paid_before(listing, notice.told_on)
    refuse_paid_ahead(amount_won, most_won, letter=notice.told_on, field="paid_on")


def refuse_paid_ahead(paid_won: int, most_won: int, *, letter: date, field: str) -> None:
    """Raise `DomainError` naming `field` where more was paid before the day of the letter than was owed without it."""
    if paid_won > most_won:
        said = {"day": date_format(letter, "SHORT_DATE_FORMAT"), "most": f"{max(0, most_won):,}"}
        raise DomainError(
            _(
                "Your letter about paying ahead is of %(day)s. What is paid ahead is paid on that day or later; before "
                "it at most %(most)s won, which were owed without it. Check the day and the amount."
            ) % said,
            field=field,
        )  # fmt: skip


@transaction.atomic
def undo_payment(*, payment: GovernmentPayment, reason: str, by: User, at: datetime) -> GovernmentPayment:
    """It was recorded by mistake. Raises `NotAllowed`, `NotPossibleNow` the second time, `DomainError`."""
    lock_result(payment.holder, payment.listing, by)
    why = reason_given(reason)
    locked = GovernmentPayment.objects.select_for_update(of=["self"]).get(pk=payment.pk)
    if locked.is_undone:
        raise NotPossibleNow(_("This was taken back already."))
    locked.undone_at, locked.undone_by, locked.undo_reason = at, by, why
    locked.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    return locked
