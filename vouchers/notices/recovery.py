"""What debtors and officers are told of recoveries and sanctions. No sum and no name stands in a message (F42)."""

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
from vouchers.models import Recovery, Sanction

RECOVERY, SANCTION = "vouchers.recovery", "vouchers.sanction"


def recoveries_visible_to(user: User) -> QuerySet[Recovery]:
    return Recovery.objects.visible_to(user)


def sanctions_visible_to(user: User) -> QuerySet[Sanction]:
    return Sanction.objects.visible_to(user)


def with_the_day(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any, targets: Any = recoveries_visible_to) -> None:
    registry.register(kind, title=title, body=body, targets=targets, present=with_the_day)


_register(
    "recovery_announced",
    _("Money of a voucher is asked back (%(number)s)"),
    _("What, and why, stands on its page. You may object until %(day)s."),
)
_register(
    "recovery_objected",
    _("The debtor objects to recovery %(number)s"),
    _("An officer who did not announce it decides."),
)
_register(
    "recovery_confirmed",
    _("Recovery %(number)s was confirmed"),
    _("Pay by %(day)s, or ask for parts. How much, and into which account, stands on its page."),
)
_register("recovery_dropped", _("Recovery %(number)s was dropped"), _("Nothing is asked of you. The reason is there."))
_register(
    "recovery_planned",
    _("Recovery %(number)s is paid in parts"),
    _("The first part is due on %(day)s. The others stand on its page."),
)
_register(
    "recovery_due_soon",
    _("Pay back by %(day)s (%(number)s)"),
    _("What has not come in by then is overdue, and an addition is owed. How much stands on its page."),
)
_register("recovery_paid_back", _("Recovery %(number)s is paid back"), _("Nothing more is owed for it."))
_register(
    "recovery_delinquent",
    _("Recovery %(number)s is overdue"),
    _("It was to be paid by %(day)s. It can now be collected by force; interest goes on, and an addition is owed."),
)
_register(
    "recovery_in_time",
    _("Recovery %(number)s is not overdue"),
    _("The money had come by its day. The addition is taken back."),
)
_register(
    "sanction_imposed",
    _("A sanction was imposed (%(number)s)"),
    _("Which one, why and until when stands on the page."),
    sanctions_visible_to,
)
_register(
    "sanction_lifted",
    _("A sanction was lifted (%(number)s)"),
    _("The reason stands on the page."),
    sanctions_visible_to,
)
# Without a recovery there is no number to name.
_register(
    "sanction_proposed",
    _("An office means to impose a sanction on your organization"),
    _("What for stands on its page. You may answer until %(day)s."),
    sanctions_visible_to,
)
_register(
    "sanction_answered",
    _("An answer to a proposed sanction came in"),
    _("An officer who did not propose it decides."),
    sanctions_visible_to,
)
_register(
    "sanction_dropped",
    _("The sanction that was proposed was dropped"),
    _("Nothing is imposed. The reason stands on the page."),
    sanctions_visible_to,
)
_register(
    "exclusion_imposed",
    _("A sanction was imposed on your organization"),
    _("Which one, why and until when stands on the page."),
    sanctions_visible_to,
)
_register(
    "exclusion_lifted",
    _("A sanction on your organization was lifted"),
    _("The reason stands on the page."),
    sanctions_visible_to,
)


def _tell(kind: str, recovery: Recovery, people: Iterable[User], day: date, at: datetime, again: str = "") -> None:
    notify(
        users=people, kind=kind, dedupe_key=f"{kind}:{recovery.public_id}:{again}",
        params={"number": recovery.number, "day": day.isoformat()},
        url=reverse("vouchers:recovery", args=[recovery.public_id]), target=(RECOVERY, recovery.public_id), at=at,
    )  # fmt: skip


def _debtor(recovery: Recovery) -> QuerySet[User]:
    return users_with_permission(recovery.debtor, Permission.SIGN_AGREEMENTS)


def announced(recovery: Recovery, at: datetime) -> None:
    _tell("recovery_announced", recovery, _debtor(recovery), recovery.object_by, at)


def objected(recovery: Recovery, at: datetime) -> None:
    officers = users_with_permission(recovery.voucher.line.call.office, Permission.RECOVER_MONEY)
    _tell("recovery_objected", recovery, officers, recovery.object_by, at)


def decided(recovery: Recovery, at: datetime) -> None:
    kind = "recovery_confirmed" if recovery.pay_by else "recovery_dropped"
    _tell(kind, recovery, _debtor(recovery), recovery.pay_by or recovery.object_by, at)


def planned(recovery: Recovery, first_on: date, at: datetime) -> None:
    _tell("recovery_planned", recovery, _debtor(recovery), first_on, at, at.isoformat())


def due_soon(recovery: Recovery, due_on: date, at: datetime) -> None:
    _tell("recovery_due_soon", recovery, _debtor(recovery), due_on, at, due_on.isoformat())


def paid_back(recovery: Recovery, at: datetime) -> None:
    _tell("recovery_paid_back", recovery, _debtor(recovery), recovery.pay_by or timezone.localdate(at), at)


def delinquent(recovery: Recovery, missed_on: date, at: datetime) -> None:
    _tell("recovery_delinquent", recovery, _debtor(recovery), missed_on, at, missed_on.isoformat())


def in_time(recovery: Recovery, reference: str, at: datetime) -> None:
    again = f"{reference} {at.isoformat()}"  # parts may carry the same words
    _tell("recovery_in_time", recovery, _debtor(recovery), recovery.pay_by or timezone.localdate(at), at, again)


def sanctioned(sanction: Sanction, at: datetime) -> None:
    _tell_of("sanction_imposed" if sanction.recovery else "exclusion_imposed", sanction, _concerned(sanction), at)


def lifted(sanction: Sanction, at: datetime) -> None:
    _tell_of("sanction_lifted" if sanction.recovery else "exclusion_lifted", sanction, _concerned(sanction), at)


def sanction_proposed(sanction: Sanction, at: datetime) -> None:
    _tell_of("sanction_proposed", sanction, _concerned(sanction), at)


def sanction_answered(sanction: Sanction, at: datetime) -> None:
    _tell_of("sanction_answered", sanction, users_with_permission(sanction.office, Permission.RECOVER_MONEY), at)


def sanction_dropped(sanction: Sanction, at: datetime) -> None:
    _tell_of("sanction_dropped", sanction, _concerned(sanction), at)


def _concerned(sanction: Sanction) -> QuerySet[User]:
    return users_with_permission(sanction.organization, Permission.SIGN_AGREEMENTS)


def _tell_of(kind: str, sanction: Sanction, people: Iterable[User], at: datetime) -> None:
    recovery = sanction.recovery
    day = sanction.answer_by if kind == "sanction_proposed" and sanction.answer_by else sanction.from_on
    notify(
        users=people, kind=kind, dedupe_key=f"{kind}:{sanction.public_id}",
        params={"number": recovery.number if recovery else "", "day": day.isoformat()},
        url=reverse("vouchers:sanction", args=[sanction.public_id]), target=(SANCTION, sanction.public_id), at=at,
    )  # fmt: skip
