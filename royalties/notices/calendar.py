"""What people are told of a contract's calendar: which contract and by when, never a sum nor anybody's words."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from brokers.notices.fees import with_the_day_as_people_write_it
from deals.models import Contract
from notifications import registry
from notifications.outbox import notify
from royalties.enums.calendar import ReachedState, StatementState
from royalties.models import Due, ReachedReport, SalesStatement, UsageReport

TARGET = "deals.contract"


def contracts_visible_to(user: User) -> QuerySet[Contract]:
    return Contract.objects.visible_to(user)


def present(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return with_the_day_as_people_write_it(params) if params.get("day") else params


def _register(kind: str, title: Any, body: Any) -> None:
    registry.register(kind, title=title, body=body, targets=contracts_visible_to, present=present)


_register(
    "dues_soon",
    _("Contract %(number)s: something is due by %(day)s"),
    _("Its calendar shows what is to be reported or paid."),
)
_register(
    "dues_overdue",
    _("Contract %(number)s: something is overdue"),
    _("It was due by %(day)s. Its calendar shows what is to be reported or paid."),
)
_register(
    "dues_escalated",
    _("Contract %(number)s: overdue for some time"),
    _("Something that was due by %(day)s is still open. You are told as a manager."),
)
_register(
    "milestones_expected",
    _("Contract %(number)s: was a milestone reached?"),
    _("It was expected by %(day)s. The firm reports it, the holder confirms it."),
)
_register(
    "sales_reported",
    _("Contract %(number)s: sales were reported"),
    _("Read the statement, and accept it or ask about it."),
)
_register(
    "sales_corrected",
    _("Contract %(number)s: a sales statement was corrected"),
    _("The newer statement counts. Accept it or ask about it."),
)
_register(
    "sales_accepted",
    _("Contract %(number)s: your sales statement was accepted"),
    _("The calendar shows what is due for it."),
)
_register(
    "sales_questioned",
    _("Contract %(number)s: the holder asks about your sales statement"),
    _("Read the question, and answer it with a correction."),
)
_register(
    "usage_reported",
    _("Contract %(number)s: the use was reported"),
    _("The calendar shows what the technology is used for."),
)
_register(
    "reached_reported",
    _("Contract %(number)s: something was reached"),
    _("The firm says so. Confirm it, or say what is missing."),
)
_register(
    "reached_confirmed",
    _("Contract %(number)s: the holder confirmed what you reached"),
    _("The calendar shows what follows from it."),
)
_register(
    "reached_refused",
    _("Contract %(number)s: the holder did not confirm what you reached"),
    _("Read why, and report it again when it is there."),
)
_register(
    "start_extended",
    _("Contract %(number)s: production starts later"),
    _("The firm says why. It has to start by %(day)s now."),
)
_register(
    "due_waived",
    _("Contract %(number)s: something is not owed any more"),
    _("The holder waived it. The reason stands on its page."),
)


# --- by the day -----------------------------------------------------------------------------------------------------


def soon(contract: Contract, day: date, step: int, at: datetime) -> None:
    _step("dues_soon", contract, day, step, reporters(contract), at)


def overdue(contract: Contract, day: date, step: int, at: datetime) -> None:
    _step("dues_overdue", contract, day, step, [*reporters(contract), *keepers(contract)], at)


def escalated(contract: Contract, day: date, step: int, at: datetime) -> None:
    _step("dues_escalated", contract, day, step, managers(contract), at)


def expected(contract: Contract, day: date, step: int, at: datetime) -> None:
    _step("milestones_expected", contract, day, step, [*reporters(contract), *keepers(contract)], at)


def _step(kind: str, contract: Contract, day: date, step: int, users: Iterable[User], at: datetime) -> None:
    _tell(kind, contract, users, at, day=day, key=f"{kind}:{contract.public_id}:{day}:{step}")


# --- by what was done -----------------------------------------------------------------------------------------------


def statement_reported(statement: SalesStatement, *, is_correction: bool, at: datetime) -> None:
    kind = "sales_corrected" if is_correction else "sales_reported"
    _about_statement(kind, statement, keepers(statement.contract), at)


def statement_accepted(statement: SalesStatement, at: datetime) -> None:
    _about_statement("sales_accepted", statement, reporters(statement.contract), at)


def statement_questioned(statement: SalesStatement, at: datetime) -> None:
    assert statement.state == StatementState.QUESTIONED
    _about_statement("sales_questioned", statement, reporters(statement.contract), at)


def _about_statement(kind: str, statement: SalesStatement, users: Iterable[User], at: datetime) -> None:
    url = reverse("royalties:sales", args=[statement.public_id])
    _tell(kind, statement.contract, users, at, url=url, key=f"{kind}:{statement.public_id}")


def usage_reported(report: UsageReport, at: datetime) -> None:
    key = f"usage_reported:{report.public_id}"
    _tell("usage_reported", report.contract, keepers(report.contract), at, key=key)


def reached_reported(report: ReachedReport, at: datetime) -> None:
    _about_due("reached_reported", report.due, keepers(report.due.contract), at, str(report.public_id))


def reached_decided(report: ReachedReport, at: datetime) -> None:
    kind = "reached_confirmed" if report.state == ReachedState.CONFIRMED else "reached_refused"
    _about_due(kind, report.due, reporters(report.due.contract), at, str(report.public_id))


def start_extended(due: Due, at: datetime) -> None:
    _about_due("start_extended", due, keepers(due.contract), at, str(due.public_id))


def waived(due: Due, at: datetime) -> None:
    _about_due("due_waived", due, reporters(due.contract), at, str(due.public_id))


def _about_due(kind: str, due: Due, users: Iterable[User], at: datetime, once: str) -> None:
    url = reverse("royalties:due", args=[due.public_id])
    _tell(kind, due.contract, users, at, day=due.due_on, url=url, key=f"{kind}:{once}")


def reporters(contract: Contract) -> QuerySet[User]:
    return users_with_permission(contract.firm, Permission.REPORT_SALES)


def keepers(contract: Contract) -> QuerySet[User]:
    return users_with_permission(contract.holder, Permission.KEEP_ROYALTIES)


def managers(contract: Contract) -> list[User]:
    """Of both sides: who may bind them."""
    both = (contract.firm, contract.holder)
    return [user for side in both for user in users_with_permission(side, Permission.AGREE_TERMS)]


def _tell(
    kind: str, contract: Contract, users: Iterable[User], at: datetime, *, key: str, day: date | None = None,
    url: str = "",
) -> None:  # fmt: skip
    notify(
        users=users,
        kind=kind,
        dedupe_key=key,
        params={"number": contract.number, "day": day.isoformat() if day else ""},
        url=url or reverse("royalties:calendar", args=[contract.public_id]),
        target=(TARGET, contract.public_id),
        at=at,
    )
