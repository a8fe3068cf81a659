"""The one place where royalty money moves. Everything else says what moves, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import DomainError, NotPossibleNow
from royalties.models import Allocation, Distribution, LedgerEntry, Payee, Posting, Receipt


class Line(NamedTuple):
    """What goes into an account (more than 0) or out of it."""

    account: str
    amount_won: int
    payee: Payee | None = None
    broker: Organization | None = None


@dataclass(frozen=True)
class About:
    """What a posting is about; a receipt always, further things as far as it goes."""

    receipt: Receipt
    allocation: Allocation | None = None
    distribution: Distribution | None = None


@transaction.atomic
def post(*, kind: str, about: About, lines: Iterable[Line], by: User, at: datetime, reason: str = "") -> Posting:
    """Write one posting. The caller holds the locks, and changes the cached amounts in the same transaction.

    Lines of 0 won are left out. Raises `ValueError` where the lines do not add up to 0: that is a fault of ours.
    """
    kept = [line for line in lines if line.amount_won]
    if sum(line.amount_won for line in kept) or len(kept) < 2:
        raise ValueError("a posting takes from one account what it puts into another")
    posting = Posting.objects.create(
        holder_id=about.receipt.holder_id,
        kind=kind,
        receipt=about.receipt,
        allocation=about.allocation,
        distribution=about.distribution,
        reason=reason,
        at=at,
        by=by,
    )
    LedgerEntry.objects.bulk_create(LedgerEntry(posting=posting, **line._asdict()) for line in kept)
    return posting


@transaction.atomic
def reverse(*, posting: Posting, reason: str, by: User, at: datetime) -> Posting:
    """Take a posting back by another one. Raises `DomainError` without a reason, `NotPossibleNow` the second time."""
    if not reason:
        raise DomainError(_("Say why."), field="reason")
    if Posting.objects.filter(reverses=posting).exists() or posting.reverses_id is not None:
        raise NotPossibleNow(_("This was taken back already."))
    made = Posting.objects.create(
        holder_id=posting.holder_id,
        kind=posting.kind,
        receipt_id=posting.receipt_id,
        allocation_id=posting.allocation_id,
        distribution_id=posting.distribution_id,
        reverses=posting,
        reason=reason,
        at=at,
        by=by,
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            posting=made, account=e.account, amount_won=-e.amount_won, payee_id=e.payee_id, broker_id=e.broker_id
        )
        for e in posting.entries.order_by("pk")
    )
    return made
