"""Money for who is selected, and back when the selection comes to nothing."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.models import User
from programmes.models import Application
from programmes.registry import MoneyRefused
from vouchers.enums.money import Verb
from vouchers.models import BudgetLine, LedgerEntry
from vouchers.services.life.asking import once
from vouchers.services.life.budget import has_money
from vouchers.services.life.caps import check_caps
from vouchers.services.money.post import post


class NoBudget(MoneyRefused):
    """The call has no budget line: it was not published."""

    code = "no_budget"
    words = gettext_noop("This call has no budget yet: publish it first.")


@transaction.atomic
def reserve(*, application: Application, by: User | None, at: datetime) -> LedgerEntry | None:
    """Reserve what the application was granted; again for the same selection it moves nothing. None without money.

    Raises `FirmRefused` as `check_caps` does, and `NotEnough`.
    """
    if not has_money(application.call):
        return None
    line = BudgetLine.objects.filter(call=application.call_id).first()
    if line is None:
        raise NoBudget
    entries = LedgerEntry.objects.filter(line=line, subject=application.public_id)
    if held_won(line, application):
        return entries.filter(verb=Verb.RESERVE).latest("pk")
    check_caps(application, at)
    times = entries.filter(verb=Verb.RESERVE).count()
    return post(
        line_id=line.pk, verb=Verb.RESERVE, amount_won=application.government_won or 0, subject=application.public_id,
        key=once(application.public_id, f"reserve {times}"), by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def release(*, application: Application, by: User | None, at: datetime) -> LedgerEntry | None:
    """Give back what is reserved for the application and not committed. None where nothing is: it is safe to call."""
    line = BudgetLine.objects.select_for_update(of=["self"]).filter(call=application.call_id).first()
    held = held_won(line, application) if line else 0
    if line is None or not held:
        return None
    times = LedgerEntry.objects.filter(line=line, subject=application.public_id, verb=Verb.RELEASE).count()
    return post(line_id=line.pk, verb=Verb.RELEASE, amount_won=held, subject=application.public_id,
                key=once(application.public_id, f"release {times}"), by=by, at=at)  # fmt: skip


def held_won(line: BudgetLine, application: Application) -> int:
    """What is reserved for it by the ledger: reserved, less released and committed for its voucher."""
    sums = dict.fromkeys((Verb.RESERVE, Verb.RELEASE, Verb.COMMIT), 0)
    rows = LedgerEntry.objects.filter(line=line, subject=application.public_id, verb__in=list(sums))
    for verb, amount_won in rows.values_list("verb", "amount_won"):
        sums[Verb(verb)] += amount_won
    return sums[Verb.RESERVE] - sums[Verb.RELEASE] - sums[Verb.COMMIT]
