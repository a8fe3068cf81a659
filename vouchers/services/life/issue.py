"""The own share is complete: the money is committed and the voucher issued, in one transaction."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from marketplace.core.days import add_months
from programmes.registry import FirmRefused
from programmes.services.review.standing import refuse_standing
from vouchers.enums.money import Verb
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Voucher
from vouchers.notices import life as notices
from vouchers.queries.life import own_share_in
from vouchers.queries.orders import scheme_of
from vouchers.services.life.asking import lock_voucher, move, once
from vouchers.services.money.post import post


def issue_if_complete(voucher: Voucher, *, by: User | None, at: datetime) -> bool:
    """Commit and issue a locked voucher that waits, when what was paid in is enough. Whether it was issued now.

    While the firm is excluded or owes money it waits on: the sweep asks again, until it lapses.
    """
    paid, back = own_share_in(voucher)
    if voucher.state != VoucherState.WAITING or paid - back < voucher.own_won:
        return False
    try:
        refuse_standing(voucher.holder, at)
    except FirmRefused:
        return False
    today = timezone.localdate(at)
    # The application is the subject of what was reserved, so that what is reserved for it can be told from the ledger.
    post(line_id=voucher.line_id, verb=Verb.COMMIT, amount_won=voucher.face_won,
         subject=voucher.agreement.application.public_id, key=once(voucher.public_id, "commit"), by=by, at=at,
         voucher=voucher)  # fmt: skip
    until = add_months(today, scheme_of(voucher).days.valid_months)
    move(voucher, VoucherState.ISSUED, by=by, at=at, issued_at=at, valid_from=today, valid_until=until)
    notices.issued(voucher, at)
    return True


@transaction.atomic
def issue(*, voucher_id: int, at: datetime) -> bool:
    """For the sweep: issue what is complete. Safe to call again."""
    return issue_if_complete(lock_voucher(voucher_id), by=None, at=at)
