"""A firm orders what a provider quoted; that is its choice, and the choice is frozen."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from brokers.models import FeeSchedule
from brokers.queries.open_to_work import is_closed_to_work
from marketplace.core.errors import Conflict, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.money import won
from marketplace.core.text import tidy
from vouchers.enums.orders import QUOTATION_STATES, OrderState, QuotationState
from vouchers.models import Order, ProviderChoice, Quotation, Voucher
from vouchers.notices import orders as notices
from vouchers.numbers import take
from vouchers.queries.orders import Left, Parts, left_of, parts_of
from vouchers.services.orders.asking import (
    lock_organizations,
    reason_given,
    refuse_excluded,
    refuse_gone,
    refuse_related,
    require,
)
from vouchers.services.orders.choose import free_service, refuse_unusable
from vouchers.services.orders.quote import hold_against_the_guideline, lock_quotation


class NotEnoughLeft(Conflict):
    """The voucher does not bear the order."""

    code = "not_enough_money"


@transaction.atomic
def place_order(*, quotation: Quotation, why: str, key: UUID, by: User, at: datetime) -> Order:
    """Order what was quoted. The same `key` again gives the same order.

    Locks provider and firm, voucher, choice, quotation. Money is bound when the provider accepts; until then it is
    kept for this order. Where an order of the same search was not taken by its provider, the next one is a choice of
    its own.

    Raises `NotAllowed`, `NotPossibleNow`, `SelfDealing`, `NotEnoughLeft`, `KeyReused`, `IllegalTransition`,
    `DomainError` naming `why`.
    """
    standing = lock_organizations(pk__in=[quotation.provider_id, quotation.choice.voucher.holder_id])
    locked = lock_quotation(quotation)
    voucher, provider = locked.choice.voucher, locked.provider
    require(by, Permission.USE_VOUCHERS, voucher.holder)
    if earlier := Order.objects.filter(voucher=voucher, key=key).first():
        if (earlier.quotation_id, earlier.choice.why) != (locked.pk, tidy(why)):
            raise KeyReused(_("This key was used for another order. Send this one with a key of its own."))
        return earlier
    refuse_gone(standing)
    reason, today = reason_given(why, "why"), timezone.localdate(at)
    refuse_unusable(voucher, at)
    QUOTATION_STATES.check(locked, QuotationState.ORDERED)
    assert locked.supply_won is not None  # a quotation that was given has all three
    assert locked.vat_won is not None
    assert locked.days is not None
    refuse_related(voucher.holder, provider)
    refuse_excluded(provider, today)
    if is_closed_to_work(provider):
        raise NotPossibleNow(_("“%(name)s” takes no new work at present.") % {"name": provider.display_name})
    parts, schedule = _parts(voucher, locked, at)
    deliver_by = today + timedelta(days=locked.days)
    if voucher.valid_until is not None and deliver_by > voucher.valid_until:
        raise NotPossibleNow(_("The work would end after the voucher's last day. Ask for a shorter time."))
    order = Order.objects.create(
        number=take("order", at), voucher=voucher, provider=provider, quotation=locked,
        choice=_chosen(locked, reason, by, at), service=locked.choice.service, task=locked.task,
        supply_won=locked.supply_won, vat_won=locked.vat_won, government_won=parts.government_won,
        own_won=parts.own_won, fee_schedule=schedule, ordered_on=today, deliver_by=deliver_by, ordered_by=by,
        ordered_at=at, key=key,
    )  # fmt: skip
    QUOTATION_STATES.move(locked, QuotationState.ORDERED)
    notices.order_placed(order, at)
    return order


def _parts(voucher: Voucher, quotation: Quotation, at: datetime) -> tuple[Parts, FeeSchedule | None]:
    """Who pays what, after the menu, the guideline and the money left were asked; and the guideline, of brokerage."""
    service = free_service(voucher, quotation.choice.service)
    assert quotation.supply_won is not None
    assert quotation.vat_won is not None
    schedule = hold_against_the_guideline(
        service, supply_won=quotation.supply_won, vat_won=quotation.vat_won, deal_won=quotation.deal_won, at=at
    )
    left = left_of(voucher)
    parts = parts_of(voucher, service, quotation.supply_won, left=left)
    refuse_beyond(parts, left)
    return parts, schedule


def refuse_beyond(parts: Parts, left: Left) -> None:
    """Raise `NotEnoughLeft` where nothing of the government's money is left, or less of the own share than needed."""
    if parts.government_won < 1:
        raise NotEnoughLeft(_("No government money is left on this voucher."))
    if parts.own_won > left.own_won:
        raise NotEnoughLeft(
            _("%(needed)s of it are your own share, and %(left)s of what you paid in are left. Ask for a lower price.")
            % {"needed": won(parts.own_won), "left": won(max(0, left.own_won))}
        )


def _chosen(quotation: Quotation, why: str, by: User, at: datetime) -> ProviderChoice:
    """The choice of the quotation with its outcome; a row of its own where it had one that came to nothing."""
    choice = quotation.choice
    if choice.dropped_at is not None:
        raise NotPossibleNow(_("You decided to take nobody of this search. Search again."))
    last = _last_of(choice)
    if last.chosen_id is not None:
        order = Order.objects.filter(choice=last).first()
        if order is None or order.state not in (OrderState.DECLINED, OrderState.WITHDRAWN):
            raise NotPossibleNow(_("The choice was made, and stays as it is."))
        return ProviderChoice.objects.create(
            voucher=choice.voucher, service=choice.service, query=choice.query, order_of=choice.order_of,
            candidates=choice.candidates, found=choice.found, follows=last, key=quotation.public_id,
            seen_by=choice.seen_by, seen_at=choice.seen_at, chosen=quotation.provider, chosen_by=by, chosen_at=at,
            why=why,
        )  # fmt: skip
    choice.chosen, choice.chosen_by, choice.chosen_at, choice.why = quotation.provider, by, at, why
    choice.save(update_fields=["chosen", "chosen_by", "chosen_at", "why"])
    return choice


def _last_of(choice: ProviderChoice) -> ProviderChoice:
    """The newest of the chain that begins with this one, which its quotations hang on."""
    while following := choice.next_choices.order_by("-pk").first():
        choice = following
    return choice
