"""The one way money of a budget line moves: lock, read, check, write (design §5; lessons F1 to F8, F16, F17)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict
from marketplace.core.money import won
from vouchers.enums.money import ON_A_VOUCHER, WAYS, Verb
from vouchers.models import BudgetLine, LedgerEntry, Voucher


class NotEnough(Conflict):
    """There is less in the sum it would come from."""

    code = "not_enough_money"


class KeyReused(Conflict):
    """The same key was sent with another movement."""

    code = "idempotency_key_reused"


@transaction.atomic
def post(
    *,
    line_id: int,
    verb: Verb,
    amount_won: int,
    subject: UUID,
    key: UUID,
    by: User | None,
    at: datetime,
    voucher: Voucher | None = None,
    note: str = "",
) -> LedgerEntry:
    """Move `amount_won` as `WAYS[verb]` says, once per `key`; a second call with the same key gives the first entry.

    Locks the line, then the voucher: whoever holds other locks took them before (agreement, order, claim). `voucher`
    is named for the verbs of `ON_A_VOUCHER` alone; its sums are read anew under the lock and set on the object given.

    Raises `NotEnough`, `KeyReused`, and `ValueError` for what no caller may ask for.
    """
    if amount_won <= 0 or (voucher is None) == (verb in ON_A_VOUCHER):
        raise ValueError(f"{verb} of {amount_won} won, voucher {voucher}")
    line = BudgetLine.objects.select_for_update(of=["self"]).get(pk=line_id)
    # Inside the lock: a second call that waited here sees the first one's entry.
    if earlier := LedgerEntry.objects.filter(line=line, key=key).first():
        if (earlier.verb, earlier.amount_won, earlier.subject) != (verb, amount_won, subject):
            raise KeyReused(_("This key was used for another movement of money. Send this one with a key of its own."))
        return earlier
    way = WAYS[verb]
    _move(line, way.line_from, way.line_to, amount_won)
    if voucher is not None:
        held = Voucher.objects.select_for_update(of=["self"]).get(pk=voucher.pk, line=line)
        for name in _move(held, way.voucher_from, way.voucher_to, amount_won):
            setattr(voucher, name, getattr(held, name))
    return LedgerEntry.objects.create(
        line=line, voucher=voucher, verb=verb, amount_won=amount_won, subject=subject, key=key, at=at, by=by, note=note
    )


def _move(holder: BudgetLine | Voucher, source: str, target: str, amount_won: int) -> list[str]:
    """Take from one column and put into the other, of a locked row. The names of the columns written."""
    if source and getattr(holder, source) < amount_won:
        raise NotEnough(
            _("There are %(left)s left of this; %(wanted)s cannot be taken from it.")
            % {"left": won(getattr(holder, source)), "wanted": won(amount_won)}
        )
    if source:
        setattr(holder, source, getattr(holder, source) - amount_won)
    if target:
        setattr(holder, target, getattr(holder, target) + amount_won)
    written = [name for name in (source, target) if name]
    if written:
        holder.save(update_fields=[*written, "updated_at"])
    return written
