"""The holder gives up what is owed, and says why."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import NotPossibleNow
from royalties.enums.calendar import DUE_STATES, DueState
from royalties.models import Due
from royalties.notices import calendar as notices
from royalties.services.calendar.acting import locked_due, require, require_open, words
from royalties.services.calendar.settle import settle


@transaction.atomic
def waive(*, due: Due, reason: str, seen_won: int | None, by: User, at: datetime) -> Due:
    """Not owed any more, nor what is left of it. It binds the holder, so its managers do it. Once.

    `seen_won` is the amount that the page showed. Raises `NotAllowed`, `NotOpen`, `NotPossibleNow` where the amount is
    not known yet or changed meanwhile, `DomainError` naming the field.
    """
    locked = locked_due(due)
    require(by, Permission.AGREE_TERMS, locked.contract.holder)
    reason = words(reason, most=500, field="reason", missing=_("Say why it is not owed: the firm will read it."))
    require_open(locked)
    if locked.state == DueState.INVOICED:
        raise NotPossibleNow(_("The firm was asked for it: cancel the invoice first."))
    if locked.is_money and locked.amount_won is None:
        raise NotPossibleNow(_("How much it is is not known yet: wait for the sales statement."))
    if locked.is_money and seen_won != locked.amount_won:
        raise NotPossibleNow(_("The amount changed meanwhile. Reload the page and look at it."))
    DUE_STATES.move(locked, DueState.WAIVED, waived_at=at, waived_by=by, waived_reason=reason)
    settle(contract=locked.contract, at=at)
    notices.waived(locked, at)
    return locked
