"""The one way money of a budget line moves: lock, read, check, write (design §5; lessons F1 to F8, F16, F17)."""

from collections.abc import MutableMapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.idempotency import KeyReused
from programmes.registry import NoMoney
from vouchers.enums.money import ON_A_VOUCHER, WAYS, Verb
from vouchers.models import SUMS, BudgetLine, LedgerEntry, Voucher

VOUCHER_SUMS = ("open_won", "bound_won", "paid_won", "returned_won", "recovered_won")


class NotEnough(NoMoney):
    """There is less in the sum it would come from."""


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

    Locks the voucher, then the line, which comes last of all: whoever holds other locks took them before. `voucher`
    is named for the verbs of `ON_A_VOUCHER` alone; its sums are set on the object given. The entry moves the sums in
    the database by itself (`migrations/0003_guards_of_money`), so that no sum moves without one.

    Raises `NotEnough`, `KeyReused`, and `ValueError` for what no caller may ask for.
    """
    if amount_won <= 0 or (voucher is None) == (verb in ON_A_VOUCHER):
        raise ValueError(f"{verb} of {amount_won} won, voucher {voucher}")
    way, held = WAYS[verb], {}
    if voucher is not None:
        vouchers = Voucher.objects.select_for_update(of=["self"]).filter(line=line_id)
        held = vouchers.values(*VOUCHER_SUMS).get(pk=voucher.pk)
    line = BudgetLine.objects.select_for_update(of=["self"]).values(*SUMS).get(pk=line_id)
    # Inside the locks: a second call that waited here sees the first one's entry.
    entry = LedgerEntry.objects.filter(line=line_id, key=key).first()
    if entry is None:
        _take(line, way.line_from, amount_won)
        _take(held, way.voucher_from, amount_won)
        entry = LedgerEntry(
            line_id=line_id, voucher=voucher, verb=verb, amount_won=amount_won, subject=subject, key=key, at=at, by=by,
            note=note,
        )  # fmt: skip
        entry.save(force_insert=True)
        if way.voucher_to:
            held[way.voucher_to] += amount_won
    elif (entry.verb, entry.amount_won, entry.subject) != (verb, amount_won, subject):
        raise KeyReused(_("This key was used for another movement of money. Send this one with a key of its own."))
    for name, kept in held.items():
        setattr(voucher, name, kept)
    return entry


def _take(held: MutableMapping[str, int], source: str, amount_won: int) -> None:
    """Take from one of the locked sums. Raises `NotEnough`."""
    if not source:
        return
    if held[source] < amount_won:
        raise NotEnough(left_won=held[source], wanted_won=amount_won)
    held[source] -= amount_won
