"""What every service on a voucher's life asks before it writes. The voucher is locked first, the line last."""

from datetime import datetime
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.relations import family_of
from accounts.roles import Permission, has_permission
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.text import tidy
from vouchers.enums.money import Verb
from vouchers.enums.vouchers import VOUCHER_STATES, VoucherState
from vouchers.models import Voucher, VoucherStep
from vouchers.models.vouchers import LONG_TEXT
from vouchers.services.money.post import post


def lock_voucher(pk: int) -> Voucher:
    rows = Voucher.objects.select_for_update(of=["self"]).select_related(
        "holder", "line__call__office", "agreement__application__version"
    )
    return rows.get(pk=pk)


def require_officer(by: User | None, voucher: Voucher) -> None:
    """Raise `NotAllowed` unless `by` runs vouchers for the call's office and works for nothing of the firm's."""
    if by is None or not has_permission(by, Permission.RUN_VOUCHERS, voucher.line.call.office):
        raise NotAllowed(_("Only officers of the office whose call it is can do this."))
    if {each.organization_id for each in by.active_memberships()} & set(family_of(voucher.holder)):
        raise NotAllowed(_("You work for the firm of this voucher: a colleague has to do this."))


def require_holder(by: User | None, permission: Permission, voucher: Voucher) -> None:
    if by is None or not has_permission(by, permission, voucher.holder):
        raise NotAllowed(_("Only members of “%(name)s” who may do this can do it.") % {"name": voucher.holder})


def reason_given(text: str, field: str = "text") -> str:
    """The words, tidied. Raises `DomainError` for none, or too many."""
    said = tidy(text)
    if not said:
        raise DomainError(_("Say why."), field=field)
    if len(said) > LONG_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONG_TEXT}, field=field)
    return said


def once(subject: UUID, step: str) -> UUID:
    """The key of a movement that happens once in the life of `subject`."""
    return uuid5(subject, step)


def move(voucher: Voucher, to: VoucherState, *, by: User | None, at: datetime, text: str = "", **also: object) -> None:
    """Move a locked voucher and write the step."""
    VOUCHER_STATES.move(voucher, to, revision=voucher.revision + 1, **also)
    VoucherStep.objects.create(voucher=voucher, state=to, by=by, at=at, text=text)


def return_open(voucher: Voucher, *, by: User | None, at: datetime) -> int:
    """What nothing is ordered for goes back to the budget, of a locked voucher that is over. How much it was."""
    amount_won = voucher.open_won
    if amount_won:
        # Once per sum that was returned before: a replay of the same step finds its own entry.
        key = once(voucher.public_id, f"return after {voucher.returned_won}")
        post(line_id=voucher.line_id, verb=Verb.RETURN, amount_won=amount_won, subject=voucher.public_id, key=key,
             by=by, at=at, voucher=voucher)  # fmt: skip
    return amount_won
