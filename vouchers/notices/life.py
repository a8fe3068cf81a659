"""What people are told of a voucher's life. No sum and no name of others stands in a message (lessons F42)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from notifications import registry
from notifications.outbox import notify
from vouchers.models import BudgetLine, ChangeRequest, Voucher

VOUCHER, LINE = "vouchers.voucher", "vouchers.budgetline"


def vouchers_visible_to(user: User) -> QuerySet[Voucher]:
    return Voucher.objects.visible_to(user)


def lines_visible_to(user: User) -> QuerySet[BudgetLine]:
    return BudgetLine.objects.visible_to(user)


def with_the_day_as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any) -> None:
    registry.register(
        kind, title=title, body=body, targets=vouchers_visible_to, present=with_the_day_as_people_write_it
    )


_register(
    "voucher_own_share_wanted",
    _("Pay in the own share of voucher %(number)s"),
    _(
        "It is issued when the own share has come in. Pay it in by %(day)s. How much, and into which account, stands "
        "on its page."
    ),
)
_register(
    "voucher_own_share_missing",
    _("The own share of voucher %(number)s has not come in"),
    _("Without it the voucher lapses after %(day)s. How much, and into which account, stands on its page."),
)
_register(
    "voucher_issued",
    _("Voucher %(number)s is issued"),
    _("You can look for providers and order services until %(day)s."),
)
_register(
    "voucher_lapsed",
    _("Voucher %(number)s has lapsed"),
    _("The own share was not complete on %(day)s. What you paid in goes back to you."),
)
_register(
    "voucher_suspended",
    _("Voucher %(number)s is suspended"),
    _("Nothing can be ordered for now. The reason stands on its page."),
)
_register("voucher_resumed", _("Voucher %(number)s can be used again"), _("It is valid until %(day)s."))
_register(
    "voucher_term_ends",
    _("Voucher %(number)s ends soon"),
    _("Order by %(day)s what you still need, or ask for a longer term. What is left goes back to the budget."),
)
_register(
    "voucher_expired",
    _("The term of voucher %(number)s is over"),
    _("What is ordered can still be delivered. What was left went back to the budget."),
)
_register("voucher_ended", _("Voucher %(number)s was ended"), _("The reason stands on its page."))
_register(
    "voucher_closed",
    _("Voucher %(number)s is closed"),
    _("Its page says what was used and what follows."),
)
_register(
    "voucher_change_asked",
    _("A change of voucher %(number)s is asked for"),
    _("Approve or refuse it on its page."),
)
_register(
    "voucher_change_decided",
    _("Your request about voucher %(number)s was decided"),
    _("The answer stands on its page."),
)
registry.register(
    "money_out_of_balance",
    title=_("The money of call %(number)s does not add up"),
    body=_("The nightly check found sums that do not agree. Nothing was changed; the log says which."),
    targets=lines_visible_to,
)


def _tell(kind: str, voucher: Voucher, people: Iterable[User], day: date | None, at: datetime, step: str = "") -> None:
    notify(
        users=people,
        kind=kind,
        dedupe_key=f"{kind}:{voucher.public_id}:{step}",
        params={"number": voucher.number, "day": (day or voucher.deposit_by).isoformat()},
        url=reverse("vouchers:voucher", args=[voucher.public_id]),
        target=(VOUCHER, voucher.public_id),
        at=at,
    )


def _firm(voucher: Voucher) -> QuerySet[User]:
    return users_with_permission(voucher.holder, Permission.USE_VOUCHERS)


def own_share_wanted(voucher: Voucher, at: datetime) -> None:
    _tell("voucher_own_share_wanted", voucher, _firm(voucher), voucher.deposit_by, at)


def own_share_missing(voucher: Voucher, at: datetime) -> None:
    _tell("voucher_own_share_missing", voucher, _firm(voucher), voucher.deposit_by, at)


def issued(voucher: Voucher, at: datetime) -> None:
    _tell("voucher_issued", voucher, _firm(voucher), voucher.valid_until, at)


def lapsed(voucher: Voucher, at: datetime) -> None:
    _tell("voucher_lapsed", voucher, _firm(voucher), voucher.deposit_by, at)


def suspended(voucher: Voucher, at: datetime) -> None:
    _tell("voucher_suspended", voucher, _firm(voucher), voucher.valid_until, at, str(voucher.revision))


def resumed(voucher: Voucher, at: datetime) -> None:
    _tell("voucher_resumed", voucher, _firm(voucher), voucher.valid_until, at, str(voucher.revision))


def term_ends(voucher: Voucher, at: datetime) -> None:
    _tell("voucher_term_ends", voucher, _firm(voucher), voucher.valid_until, at, str(voucher.valid_until))


def expired(voucher: Voucher, at: datetime) -> None:
    _tell("voucher_expired", voucher, _firm(voucher), voucher.valid_until, at)


def ended(voucher: Voucher, at: datetime) -> None:
    _tell("voucher_ended", voucher, _firm(voucher), voucher.valid_until, at)


def closed(voucher: Voucher, at: datetime) -> None:
    _tell("voucher_closed", voucher, _firm(voucher), voucher.valid_until, at)


def change_asked(change: ChangeRequest, at: datetime) -> None:
    officers = users_with_permission(change.voucher.line.call.office, Permission.RUN_VOUCHERS)
    _tell("voucher_change_asked", change.voucher, officers, change.voucher.valid_until, at, str(change.public_id))


def change_decided(change: ChangeRequest, at: datetime) -> None:
    people = User.objects.filter(pk=change.asked_by_id) | _firm(change.voucher)
    _tell("voucher_change_decided", change.voucher, people, change.voucher.valid_until, at, str(change.public_id))


def out_of_balance(line: BudgetLine, at: datetime) -> None:
    """Officers of the office, once a day."""
    notify(
        users=users_with_permission(line.call.office, Permission.RUN_VOUCHERS),
        kind="money_out_of_balance",
        dedupe_key=f"money_out_of_balance:{line.public_id}:{timezone.localdate(at).isoformat()}",
        params={"number": line.call.number},
        url=reverse("vouchers:vouchers"),
        target=(LINE, line.public_id),
        at=at,
    )
