"""The holder accepts a sales statement, or asks about it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import Conflict
from marketplace.core.text import tidy
from royalties.enums.calendar import STATEMENT_STATES, StatementState
from royalties.models import SalesStatement
from royalties.models.calendar import LONG_TEXT
from royalties.notices import calendar as notices
from royalties.services.calendar.acting import locked_contract, require, words
from royalties.services.calendar.settle import settle


class AlreadyChecked(Conflict):
    """Somebody was first, or the firm corrected it."""

    code = "statement_already_checked"


@transaction.atomic
def accept(*, statement: SalesStatement, text: str = "", by: User, at: datetime) -> SalesStatement:
    """Take the figures: the royalty of the year is counted from them. One drawn for an audit says what was checked.
    Clicked twice it is accepted once.

    Raises `NotAllowed`, `AlreadyChecked` where it was accepted or corrected before, `DomainError` naming the field.
    """
    locked = _locked(statement, by)
    if _said(locked, StatementState.ACCEPTED, text, by):
        return locked
    _refuse(locked, StatementState.ACCEPTED)
    missing = _("Drawn for an audit: say which evidence you checked.") if locked.is_audited else ""
    text = words(text, most=LONG_TEXT, field="text", missing=missing)
    STATEMENT_STATES.move(locked, StatementState.ACCEPTED, checked_at=at, checked_by=by, check_text=text)
    settle(contract=locked.contract, at=at)
    notices.statement_accepted(locked, at)
    return locked


@transaction.atomic
def question(*, statement: SalesStatement, text: str, by: User, at: datetime) -> SalesStatement:
    """Say what is not clear; the firm answers with a correction. Clicked twice it is asked once. Raises as `accept`."""
    locked = _locked(statement, by)
    if _said(locked, StatementState.QUESTIONED, text, by):
        return locked
    _refuse(locked, StatementState.QUESTIONED)
    text = words(text, most=LONG_TEXT, field="text", missing=_("Say what is not clear: the firm will read it."))
    STATEMENT_STATES.move(locked, StatementState.QUESTIONED, checked_at=at, checked_by=by, check_text=text)
    notices.statement_questioned(locked, at)
    return locked


def _locked(statement: SalesStatement, by: User) -> SalesStatement:
    contract = locked_contract(statement.contract_id)
    require(by, Permission.KEEP_ROYALTIES, contract.holder)
    locked = SalesStatement.objects.select_for_update(of=["self"]).get(pk=statement.pk)
    locked.contract = contract
    return locked


def _said(statement: SalesStatement, state: str, text: str, by: User) -> bool:
    """Whether the same person said just this of it."""
    return (statement.state, statement.checked_by_id, statement.check_text) == (state, by.pk, tidy(text))


def _refuse(statement: SalesStatement, to: str) -> None:
    if statement.state == StatementState.CORRECTED:
        raise AlreadyChecked(_("The firm has corrected this statement. Check the newer one."))
    if statement.state == StatementState.ACCEPTED:
        raise AlreadyChecked(_("This statement was accepted before you."))
    STATEMENT_STATES.check(statement, to)
