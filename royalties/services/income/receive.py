"""Money that came: entered by hand, set aside as something else, or paid back."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from deals.services.negotiation.asking import refuse_reused_key
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.text import tidy
from royalties.enums.income import RECEIPT_STATES, Account, PostingKind, ReceiptState
from royalties.models import Receipt
from royalties.numbers import receipt_numbers
from royalties.services.income.checks import lock_receipt, reason_given, require_keeper, require_won
from royalties.services.income.ledger import About, Line, post

LONGEST = 200


class Entered(NamedTuple):
    receipt: Receipt
    is_new: bool


@transaction.atomic
def enter_receipt(
    *, holder: Organization, booked_on: date, amount_won: int, payer: str, memo: str = "", by: User, at: datetime,
    key: UUID | None = None,
) -> Entered:  # fmt: skip
    """Write down money that came to the holder's account. The same `key` with the same words gives the same receipt.

    Raises `NotAllowed`, `KeyReused` where the key wrote another one, `DomainError` naming the field.
    """
    require_keeper(by, holder)
    payer, memo = tidy(payer), tidy(memo)
    require_won(amount_won, "amount_won")
    if booked_on > timezone.localdate(at):
        raise DomainError(_("This day has not come yet."), field="booked_on")
    for name, words in (("payer", payer), ("memo", memo)):
        if len(words) > LONGEST:
            raise DomainError(_("At most %(most)d characters.") % {"most": LONGEST}, field=name)
    if not payer:
        raise DomainError(_("Say who paid."), field="payer")
    # Clicks of the same holder pass here one by one, so that the second one meets what the first one wrote.
    Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=holder.pk)
    if key is not None and (earlier := Receipt.objects.filter(entered_by=by, idempotency_key=key).first()):
        said = (earlier.holder_id, earlier.booked_on, earlier.amount_won, earlier.payer, earlier.memo)
        if said != (holder.pk, booked_on, amount_won, payer, memo):
            refuse_reused_key()
        return Entered(earlier, False)
    receipt = Receipt.objects.create(
        number=receipt_numbers(at, 1)[0],
        holder=holder,
        booked_on=booked_on,
        amount_won=amount_won,
        payer=payer,
        memo=memo,
        entered_at=at,
        entered_by=by,
        idempotency_key=key,
    )
    book_received(receipt=receipt, by=by, at=at)
    return Entered(receipt, True)


@transaction.atomic
def book_received(*, receipt: Receipt, by: User, at: datetime) -> None:
    """The ledger's side of a new receipt."""
    lines = [Line(Account.PAYER, -receipt.amount_won), Line(Account.UNASSIGNED, receipt.amount_won)]
    post(kind=PostingKind.RECEIVED, about=About(receipt), lines=lines, by=by, at=at)


@transaction.atomic
def set_aside(*, receipt: Receipt, reason: str, by: User, at: datetime) -> Receipt:
    """It is no royalty. Raises `NotAllowed`, `NotPossibleNow` where some of it was assigned or paid back."""
    require_keeper(by, receipt.holder)
    why, locked = reason_given(reason), lock_receipt(receipt.pk)
    if locked.allocated_won or locked.returned_won:
        raise NotPossibleNow(_("Some of it was assigned or paid back already."))
    RECEIPT_STATES.move(locked, ReceiptState.ASIDE, aside_at=at, aside_by=by, aside_reason=why)
    return locked


@transaction.atomic
def take_up_again(*, receipt: Receipt, by: User, at: datetime) -> Receipt:
    """It is royalty after all. Raises `NotAllowed`, `IllegalTransition`."""
    require_keeper(by, receipt.holder)
    locked = lock_receipt(receipt.pk)
    if locked.state != ReceiptState.ASIDE:
        RECEIPT_STATES.refuse(locked, ReceiptState.OPEN)
    RECEIPT_STATES.move(locked, ReceiptState.OPEN, aside_at=None, aside_by=None, aside_reason="")
    return locked


@transaction.atomic
def pay_back(*, receipt: Receipt, amount_won: int, reason: str, by: User, at: datetime) -> Receipt:
    """Note that `amount_won` of what is not assigned went back to the payer.

    Raises `NotAllowed`, `NotPossibleNow` where less is left, `DomainError` naming the field.
    """
    require_keeper(by, receipt.holder)
    why = reason_given(reason)
    if amount_won < 1:
        raise DomainError(_("Give a whole number of won, 1 or more."), field="amount_won")
    locked = lock_receipt(receipt.pk)
    if locked.state != ReceiptState.OPEN or amount_won > locked.open_won:
        raise NotPossibleNow(_("Of this receipt %(open)s won are not assigned.") % {"open": f"{locked.open_won:,}"})
    lines = [Line(Account.UNASSIGNED, -amount_won), Line(Account.PAYER, amount_won)]
    post(kind=PostingKind.RETURNED, about=About(locked), lines=lines, by=by, at=at, reason=why)
    spend(locked, returned_won=locked.returned_won + amount_won)
    return locked


def spend(receipt: Receipt, **amounts: int) -> None:
    """New cached amounts of a locked receipt, and the state that goes with them."""
    for name, won in amounts.items():
        setattr(receipt, name, won)
    to = ReceiptState.OPEN if receipt.open_won else ReceiptState.DONE
    if to == receipt.state:
        receipt.save(update_fields=[*amounts, "updated_at"])
    else:
        RECEIPT_STATES.move(receipt, to, **amounts)
