"""A provider claims payment for what it delivered: all of an order, or a part."""

from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Value
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow
from marketplace.core.idempotency import KeyReused, body_digest
from marketplace.core.text import tidy
from marketplace.core.unique import refused_as
from vouchers.enums.claims import CLAIM_STATES, ClaimState
from vouchers.enums.orders import OrderState
from vouchers.models import Claim, Order, Voucher
from vouchers.models.claims import invoice_key
from vouchers.notices import claims as notices
from vouchers.numbers import take
from vouchers.queries.claims import last_day_to_hand_in
from vouchers.services.claims.steps import step
from vouchers.services.orders.asking import (
    lock_all,
    lock_down_to,
    reason_given,
    refuse_related,
    require,
    text_given,
    won_given,
)
from vouchers.services.orders.free import rest_of

LONGEST_NUMBER = 30
EDITABLE = (ClaimState.DRAFT, ClaimState.OBJECTED, ClaimState.CORRECTION)


class Sums(NamedTuple):
    supply_won: int
    vat_won: int
    government_won: int
    own_won: int
    is_last: bool


def sums_of(order: Order, *, supply_won: int | None, vat_won: int | None, but: Claim | None = None) -> Sums:
    """What a part of the order's price comes to; the last part takes what the others left, to the won.

    `supply_won` None is all that is left. Raises `DomainError` naming the field, `NotPossibleNow` where nothing is.
    """
    rest = rest_of(order, but=but)
    if not rest.supply_won:
        raise NotPossibleNow(_("All of this order was claimed already."))
    supply = rest.supply_won if supply_won is None else won_given(supply_won, "supply_won", least=1)
    if supply > rest.supply_won:
        raise DomainError(
            _("At most %(most)s won of this order are left to claim.") % {"most": f"{rest.supply_won:,}"},
            field="supply_won",
        )
    is_last = supply == rest.supply_won
    if vat_won is None and not is_last:
        raise DomainError(_("Write the VAT of this part as the tax invoice has it, 0 if it has none."), field="vat_won")
    vat = rest.vat_won if vat_won is None and is_last else won_given(vat_won, "vat_won")
    if vat > rest.vat_won:
        raise DomainError(
            _("At most %(most)s won of VAT were ordered beside it.") % {"most": f"{rest.vat_won:,}"}, field="vat_won"
        )
    government = rest.government_won if is_last else order.government_won * supply // order.supply_won
    own = supply - government
    if government < 1 or own > rest.own_won:
        raise DomainError(_("This part is too small to be claimed by itself."), field="supply_won")
    return Sums(supply, vat, government, own, is_last)


def _content(
    order: Order, *, supply_won: int | None, vat_won: int | None, text: str, invoice_number: str,
    invoice_on: date | None, at: datetime, but: Claim | None = None,
) -> dict[str, Any]:  # fmt: skip
    number = tidy(invoice_number).replace(" ", "")
    if len(number) > LONGEST_NUMBER:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONGEST_NUMBER}, field="invoice_number")
    if number and not any(sign.isalnum() for sign in number):
        raise DomainError(_("Name the tax invoice: its number and its day."), field="invoice_number")
    if invoice_on is not None and not order.ordered_on <= invoice_on <= timezone.localdate(at):
        raise DomainError(_("The invoice is of a day from the order's day to today."), field="invoice_on")
    refuse_invoice_used(number, but)
    sums = sums_of(order, supply_won=supply_won, vat_won=vat_won, but=but)
    said = text_given(text, "text")
    return {**sums._asdict(), "text": said, "invoice_number": number, "invoice_on": invoice_on}


def refuse_invoice_used(number: str, but: Claim | None) -> None:
    """Raise `DomainError` where another claim, of whomever, names this tax invoice, however it is written."""
    used = Claim.objects.exclude(state__in=[ClaimState.WITHDRAWN, ClaimState.DISALLOWED]).exclude(invoice_number="")
    same = used.alias(told=invoice_key(F("invoice_number"))).filter(told=invoice_key(Value(number)))
    if number and same.exclude(pk=but.pk if but else None).exists():
        raise _named_already()


def _named_already() -> DomainError:
    return DomainError(_("This tax invoice is named in another claim already."), field="invoice_number")


def once_per_invoice() -> AbstractContextManager[None]:
    """Around writing a claim: two orders are claimed for at once, and each saw no claim with the number of the other.
    Raises `DomainError`."""
    return refused_as("claim_tax_invoice_once", _named_already)


def refuse_too_late(voucher: Voucher, claim: Claim | None, at: datetime) -> None:
    """Raise `NotPossibleNow` where the voucher is over, and its grace too."""
    last = last_day_to_hand_in(voucher, claim)
    if last is not None and last < timezone.localdate(at):
        day = date_format(last, "DATE_FORMAT")
        raise NotPossibleNow(_("The voucher is over: what it pays could be handed in until %(day)s.") % {"day": day})


def _digest(supply_won: int | None, vat_won: int | None, text: str, number: str, day: date | None) -> str:
    """Of the body a claim is begun with; a sum left out is another body than the same sum."""
    said = [supply_won, vat_won, tidy(text), tidy(number).replace(" ", ""), day and day.isoformat()]
    return body_digest(said)


@transaction.atomic
def begin_claim(
    *, order: Order, supply_won: int | None = None, vat_won: int | None = None, text: str, invoice_number: str = "",
    invoice_on: date | None = None, key: UUID, by: User, at: datetime,
) -> Claim:  # fmt: skip
    """A draft that the provider alone sees. The same `key` again gives the same draft.

    Raises `NotAllowed`, `NotPossibleNow`, `SelfDealing`, `KeyReused`, `DomainError` naming the field.
    """
    voucher, locked = lock_all(order)
    require(by, Permission.PROVIDE_SERVICES, locked.provider)
    begun_with = _digest(supply_won, vat_won, text, invoice_number, invoice_on)
    if earlier := locked.claims.filter(key=key).first():
        if earlier.begun_with not in ("", begun_with):
            raise KeyReused(_("This key was used for another claim. Send this one with a key of its own."))
        return earlier
    if locked.state != OrderState.RUNNING:
        raise NotPossibleNow(_("Only an order in work can be claimed for."))
    refuse_too_late(voucher, None, at)
    refuse_related(voucher.holder, locked.provider)
    content = _content(
        locked, supply_won=supply_won, vat_won=vat_won, text=text, invoice_number=invoice_number,
        invoice_on=invoice_on, at=at,
    )  # fmt: skip
    serial = (locked.claims.aggregate(last=Max("serial"))["last"] or 0) + 1
    number = take("claim", at)
    with once_per_invoice():
        claim = Claim.objects.create(
            number=number,
            order=locked,
            serial=serial,
            written_by=by,
            written_at=at,
            key=key,
            begun_with=begun_with,
            **content,
        )
    step(claim, by=by, at=at)
    return claim


@transaction.atomic
def save_claim(
    *, claim: Claim, revision: int, supply_won: int | None = None, vat_won: int | None = None, text: str,
    invoice_number: str = "", invoice_on: date | None = None, by: User, at: datetime,
) -> Claim:  # fmt: skip
    """Change a draft, or what firm or office sent back. `revision` is the one that was seen.

    Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, `DomainError` naming the field.
    """
    locked = lock_down_to(claim)
    require(by, Permission.PROVIDE_SERVICES, locked.order.provider)
    if locked.state not in EDITABLE:
        raise NotPossibleNow(_("This claim is under way and cannot be changed. Reload the page."))
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this claim after you opened it. Reload the page and look again."))
    content = _content(
        locked.order, supply_won=supply_won, vat_won=vat_won, text=text, invoice_number=invoice_number,
        invoice_on=invoice_on, at=at, but=locked,
    )  # fmt: skip
    for name, value in content.items():
        setattr(locked, name, value)
    locked.revision += 1
    with once_per_invoice():
        locked.save(update_fields=[*content, "revision", "updated_at"])
    return locked


@transaction.atomic
def withdraw_claim(*, claim: Claim, reason: str, by: User, at: datetime) -> Claim:
    """The provider takes it back, before an officer has checked it; the firm is told if it was to look at it.

    Raises `NotAllowed`, `IllegalTransition`.
    """
    locked = lock_down_to(claim)
    require(by, Permission.PROVIDE_SERVICES, locked.order.provider)
    why = reason_given(reason)
    before = locked.state
    CLAIM_STATES.move(locked, ClaimState.WITHDRAWN, reason=why)
    made = step(locked, by=by, at=at, text=why)
    if before in (ClaimState.SUBMITTED, ClaimState.OBJECTED):
        notices.withdrawn(locked, made, at)
    return locked
