"""The own share, as officers read it from the bank: in parts, too much, and back."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.idempotency import KeyReused
from marketplace.core.money import won
from marketplace.core.text import tidy
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Deposit, Voucher
from vouchers.queries.life import own_share_in, own_share_of, refund_due
from vouchers.services.life.asking import lock_voucher, require_officer
from vouchers.services.life.bank import once_per_line, used_on
from vouchers.services.life.issue import issue_if_complete
from vouchers.services.orders.asking import won_given


class MoreThanIsMissing(Conflict):
    """More came in than is still to come: a slip of the pen would issue the voucher, so it is asked once."""

    code = "more_than_is_missing"


@transaction.atomic
def enter_deposit(
    *, voucher: Voucher, amount_won: int, received_on: date, reference: str, key: UUID, by: User, at: datetime,
    confirmed: bool = False,
) -> Deposit:  # fmt: skip
    """What came in, by the day on the bank's statement: until the voucher's day, entered some days later too. When the
    own share is complete the voucher is issued; what is too much is owed back, and has to be `confirmed`.

    Raises `NotAllowed`, `MoreThanIsMissing`, `ReferenceUsed`, `KeyReused`, `Conflict` for one that does not wait any
    more, and `DomainError` for a sum or day that cannot be.
    """
    locked = lock_voucher(voucher.pk)
    require_officer(by, locked)
    if earlier := _earlier(locked, key, (False, amount_won, received_on, tidy(reference))):
        return earlier
    if locked.state != VoucherState.WAITING:
        raise Conflict(_("This voucher does not wait for an own share. Pay back what came in: nothing was entered."))
    missing_won = own_share_of(locked).missing_won
    if amount_won > missing_won and not confirmed:
        raise MoreThanIsMissing(
            _("Only %(missing)s are still to come. Check the amount, and tick that it is right if it is.")
            % {"missing": won(missing_won)},
            field="confirmed",
        )
    deposit = _enter(locked, False, amount_won, received_on, reference, key, by, at)
    issue_if_complete(locked, by=None, at=at)
    return deposit


@transaction.atomic
def enter_refund(
    *, voucher: Voucher, amount_won: int, received_on: date, reference: str, key: UUID, by: User, at: datetime
) -> Deposit:
    """What went back to the firm, at most what is owed to it. Raises as `enter_deposit`."""
    locked = lock_voucher(voucher.pk)
    require_officer(by, locked)
    if earlier := _earlier(locked, key, (True, amount_won, received_on, tidy(reference))):
        return earlier
    due_won = refund_due(locked)
    if amount_won > due_won:
        raise Conflict(_("At most %(most)s are to go back to the firm.") % {"most": won(due_won)}, field="amount_won")
    deposit = _enter(locked, True, amount_won, received_on, reference, key, by, at)
    paid, back = own_share_in(locked)
    # What is above the own share was never of it.
    of_the_share = max(0, back - max(0, paid - locked.own_won))
    if of_the_share != locked.own_refunded_won and locked.issued_at is not None:
        locked.own_refunded_won = of_the_share
        locked.save(update_fields=["own_refunded_won", "updated_at"])
    return deposit


def _earlier(voucher: Voucher, key: UUID, body: tuple[bool, int, date, str]) -> Deposit | None:
    earlier = voucher.deposits.filter(key=key).first()
    if earlier and (earlier.is_refund, earlier.amount_won, earlier.received_on, earlier.reference) != body:
        raise KeyReused(_("This key was used for another payment. Send this one with a key of its own."))
    return earlier


def _enter(
    voucher: Voucher, is_refund: bool, amount_won: int, day: date, reference: str, key: UUID, by: User, at: datetime
) -> Deposit:
    won_given(amount_won, "amount_won", least=1)
    if day > timezone.localdate(at):
        raise DomainError(_("This day is still to come."), field="received_on")
    if not is_refund and day > voucher.deposit_by:
        raise DomainError(
            _("The own share was to come in by %(day)s. Pay back what came later: nothing was entered.")
            % {"day": date_format(voucher.deposit_by, "DATE_FORMAT")},
            field="received_on",
        )
    said = tidy(reference)
    if not said:
        raise DomainError(_("Copy the reference from the bank's statement."), field="reference")
    if is_refund and voucher.deposits.filter(is_refund=True, received_on=day, reference=said).exists():
        raise used_on(voucher.number)
    with once_per_line(voucher, day, said):
        return Deposit.objects.create(
            voucher=voucher, is_refund=is_refund, amount_won=amount_won, received_on=day, reference=said,
            entered_by=by, entered_at=at, key=key,
        )  # fmt: skip
