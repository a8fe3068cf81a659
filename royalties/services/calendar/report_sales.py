"""The firm reports the sales of a year, or corrects what it reported."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from deals.models import Contract
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow
from marketplace.core.idempotency import body_digest
from royalties.enums.calendar import DUE_STATES, STATEMENT_STATES, DueKind, DueState, StatementState
from royalties.models import Due, SalesStatement
from royalties.models.calendar import LONG_TEXT
from royalties.notices import calendar as notices
from royalties.services.calendar.acting import locked_contract, require, words
from royalties.services.calendar.settle import settle
from royalties.sharing.audit import Figures, flags, is_drawn

MOST_WON = 10**15


class Reported(NamedTuple):
    statement: SalesStatement
    is_new: bool


@transaction.atomic
def report_sales(
    *, contract: Contract, year: int, gross_won: int, deductions_won: int = 0, lines: Sequence[dict[str, Any]] = (),
    text: str = "", seen: int = 0, by: User, at: datetime,
) -> Reported:  # fmt: skip
    """Hand in the statement of `year`; `lines` come from `royalties.ingest.lines`, whose sums are then the figures.

    `seen` is the serial of the statement that this one corrects, 0 for the first. The same figures again give the
    statement that is there. Whether it is audited is settled here, and never changes.

    Raises `NotAllowed`, `NotConcluded`, `ChangedMeanwhile` where another statement came between, `NotPossibleNow`
    where the year is not over or nothing is to be reported of it, `DomainError` naming the field.
    """
    held = locked_contract(contract.pk)
    require(by, Permission.REPORT_SALES, held.firm)
    text = words(text, most=LONG_TEXT, field="text")
    rows = [dict(line) for line in lines]
    if rows:
        gross_won = sum(row["sales_won"] for row in rows)
        deductions_won = sum(row["deductions_won"] for row in rows)
    _check_sums(gross_won, deductions_won)
    settle(contract=held, at=at)
    due = _check_year(held, year, at)

    before = SalesStatement.objects.filter(contract=held, year=year).counting().select_for_update(of=["self"]).first()
    digest = _digest(gross_won, deductions_won, rows, text)
    if before is not None and before.content_hash == digest:
        return Reported(before, False)
    if seen != (before.serial if before else 0):
        raise ChangedMeanwhile(
            _("Somebody of your side reported this year meanwhile. Look at that statement, and correct it if needed.")
        )
    if before is not None:
        STATEMENT_STATES.move(before, StatementState.CORRECTED)
    net_won = gross_won - deductions_won
    found = flags(Figures(gross_won, deductions_won, net_won), before_won=sales_before(held, year))
    statement = SalesStatement.objects.create(
        contract=held, year=year, serial=before.serial + 1 if before else 1, gross_won=gross_won,
        deductions_won=deductions_won, net_sales_won=net_won, lines=rows, text=text, content_hash=digest,
        reported_at=at, reported_by=by, is_audited=is_drawn(held.number, year, found),
    )  # fmt: skip
    if due.is_open:
        DUE_STATES.move(due, DueState.DONE, done_at=at)
    settle(contract=held, at=at)
    notices.statement_reported(statement, is_correction=before is not None, at=at)
    return Reported(statement, True)


def sales_before(contract: Contract, year: int) -> int | None:
    """Net sales of the year before, as far as they were reported."""
    rows = SalesStatement.objects.filter(contract=contract, year=year - 1).counting()
    return rows.values_list("net_sales_won", flat=True).first()


def _check_sums(gross_won: int, deductions_won: int) -> None:
    for name, amount in (("gross_won", gross_won), ("deductions_won", deductions_won)):
        if not 0 <= amount <= MOST_WON:
            raise DomainError(_("Give whole won from 0 to %(most)s.") % {"most": f"{MOST_WON:,}"}, field=name)
    if deductions_won > gross_won:
        raise DomainError(_("More is deducted than was sold."), field="deductions_won")


def _check_year(contract: Contract, year: int, at: datetime) -> Due:
    last = contract.ended_on or contract.ends_on
    is_over = date(year, 12, 31) < timezone.localdate(at) if 1900 < year < 2200 else False
    is_over = is_over or (last is not None and last.year == year and last < timezone.localdate(at))
    if not is_over:
        raise NotPossibleNow(_("Sales are reported when the year is over."), field="year")
    due = Due.objects.filter(contract=contract, kind=DueKind.STATEMENT, year=year).order_by("-pk").first()
    if due is None or due.state == DueState.WAIVED:
        raise NotPossibleNow(_("This contract asks for no sales of that year."), field="year")
    return due


def _digest(gross_won: int, deductions_won: int, lines: Sequence[dict[str, Any]], text: str) -> str:
    return body_digest([gross_won, deductions_won, list(lines), text])
