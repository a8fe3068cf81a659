"""A firm looks for a provider: what it searched, whom it saw in which order, whom it asked, is kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission
from brokers.enums.fees import MOST_WON as MOST_DEAL_WON
from brokers.models import FeeSchedule
from brokers.queries.open_to_work import is_closed_to_work
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from programmes.scheme import Service
from programmes.services.review.standing import refuse_standing
from vouchers.models import ProviderChoice, Quotation, Voucher
from vouchers.notices import orders as notices
from vouchers.queries.orders import MenuLine, asked_of, menu_of, search
from vouchers.services.life.asking import lock_voucher
from vouchers.services.orders.asking import (
    lock_standing,
    reason_given,
    refuse_excluded,
    refuse_related,
    require,
    text_given,
    won_given,
)

MOST_ASKED = 10
LONGEST_ANSWER_DAYS = 60


@transaction.atomic
def keep_search(
    *, voucher: Voucher, service: str, query: Mapping[str, Sequence[str]], order_of: date, by: User, at: datetime,
    key: UUID,
) -> ProviderChoice:  # fmt: skip
    """Keep a search as it stood on the page: filters, whom it found, in the neutral order of the day it was shown.

    The same `key` gives the same choice. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile` (a page of the day
    before yesterday), `KeyReused`, `DomainError` naming `service` or `query`.
    """
    locked = lock_voucher(voucher.pk)
    require(by, Permission.USE_VOUCHERS, locked.holder)
    asked = asked_of(query)
    as_said = {name: asked.getlist(name) for name in sorted(asked)}
    if earlier := ProviderChoice.objects.filter(voucher=locked, key=key).first():
        if (earlier.service, earlier.query, earlier.order_of) != (service, as_said, order_of):
            raise KeyReused(_("This key was used for another search. Send this one with a key of its own."))
        return earlier
    refuse_unusable(locked, at)
    free_service(locked, service)
    today = timezone.localdate(at)
    if order_of not in (today, today - timedelta(days=1)):
        raise ChangedMeanwhile(_("The order of providers has changed since you searched. Search again."))
    filters, found = search(as_said, day=order_of)
    if found is None:
        names = "; ".join(f"{name}: {errors[0]}" for name, errors in filters.form.errors.items())
        raise DomainError(_("This search cannot be read. %(names)s") % {"names": names}, field="query")
    if not found.seen:
        raise DomainError(_("Nobody was found. Remove a filter and search again."), field="query")
    return ProviderChoice.objects.create(
        voucher=locked, service=service, query=as_said, order_of=order_of, candidates=found.as_kept(),
        found=found.many, key=key, seen_by=by, seen_at=at,
    )  # fmt: skip


def refuse_unusable(voucher: Voucher, at: datetime) -> None:
    """Raise `NotPossibleNow` where nothing may be ordered on it that day, `FirmRefused` while its firm is excluded from
    programmes or owes money; what is ordered already goes on."""
    if voucher.line.call.is_rehearsal:
        raise NotPossibleNow(_("This is a rehearsal: no money moves, and nobody outside is told."))
    if not voucher.is_usable_on(timezone.localdate(at)):
        raise NotPossibleNow(_("This voucher cannot be used today: it is not issued, suspended, or its term is over."))
    refuse_standing(voucher.holder, at)


def agreed_line(voucher: Voucher, key: str) -> MenuLine:
    """Raise `DomainError` for what is not on the menu, `NotPossibleNow` for what was not agreed on with the office."""
    line = next((each for each in menu_of(voucher) if each.service.key == key), None)
    if line is None:
        raise DomainError(_("This service is not on the menu of the call."), field="service")
    if not line.is_agreed:
        raise NotPossibleNow(_("You have not agreed on this service with the office. Ask for other services first."))
    return line


def free_service(voucher: Voucher, key: str) -> Service:
    """One that may be ordered now. Raises as `agreed_line`, and `NotPossibleNow` for what was ordered."""
    line = agreed_line(voucher, key)
    if not line.is_free:
        raise NotPossibleNow(_("This service, or another one of its area, was ordered already, or no more is left."))
    return line.service


def lock_choice(choice: ProviderChoice) -> ProviderChoice:
    """With its voucher locked before it: everything about a voucher meets there."""
    voucher = lock_voucher(choice.voucher_id)
    locked = ProviderChoice.objects.select_for_update(of=["self"]).get(pk=choice.pk)
    locked.voucher = voucher
    return locked


@transaction.atomic
def ask_quotations(
    *, choice: ProviderChoice, providers: Collection[UUID], task: str, answer_by: date, deal_won: int | None = None,
    by: User, at: datetime,
) -> list[Quotation]:  # fmt: skip
    """Ask some of those seen what they want for it. Who was asked before is not asked again.

    `providers` are public ids of candidates; `deal_won` is the value of the deal where the service is brokerage, whose
    fee is held against the guideline. Raises `NotAllowed`, `NotPossibleNow`, `SelfDealing`, `DomainError`.
    """
    lock_standing(public_id__in=list(providers)[: MOST_ASKED + 1])
    locked = lock_choice(choice)
    voucher = locked.voucher
    require(by, Permission.USE_VOUCHERS, voucher.holder)
    refuse_unusable(voucher, at)
    if not locked.is_open:
        raise NotPossibleNow(_("The choice was made. Search again for another provider."))
    task, today = text_given(task, "task"), timezone.localdate(at)
    if not today <= answer_by <= today + timedelta(days=LONGEST_ANSWER_DAYS):
        raise DomainError(
            _("Choose a day within the next %(days)d days.") % {"days": LONGEST_ANSWER_DAYS}, field="answer_by"
        )
    service = agreed_line(voucher, locked.service).service
    if service.is_brokerage and deal_won is None:
        raise DomainError(_("Say what the deal is worth: the fee is held against the guideline."), field="deal_won")
    deal = won_given(deal_won, "deal_won", least=1, most=MOST_DEAL_WON) if service.is_brokerage else None
    schedule = FeeSchedule.objects.in_force_on(today).first() if service.is_brokerage else None
    made = [
        Quotation.objects.create(
            choice=locked, provider=provider, task=task, answer_by=answer_by, asked_by=by, asked_at=at, deal_won=deal,
            fee_schedule=schedule,
        )
        for provider in _new_ones(locked, providers, today)
    ]  # fmt: skip
    for quotation in made:
        notices.quotation_asked(quotation, at)
    return made


def _new_ones(choice: ProviderChoice, providers: Collection[UUID], day: date) -> list[Organization]:
    """Those of `providers` that were not asked yet, in the order they were seen; each fit to be asked."""
    wanted, seen = {str(each) for each in providers}, [each["id"] for each in choice.candidates]
    if not wanted or not wanted <= set(seen):
        raise DomainError(_("Choose among the providers that your search has shown."), field="providers")
    asked = set(map(str, choice.quotations.values_list("provider__public_id", flat=True)))
    if len(asked | wanted) > MOST_ASKED:
        raise DomainError(_("At most %(most)d providers can be asked.") % {"most": MOST_ASKED}, field="providers")
    offices = {str(each.public_id): each for each in Organization.objects.filter(public_id__in=wanted - asked)}
    found = [offices[each] for each in seen if each in offices]
    for provider in found:
        refuse_related(choice.voucher.holder, provider)
        refuse_excluded(provider, day)
        if is_closed_to_work(provider):
            raise NotPossibleNow(_("“%(name)s” takes no new work at present.") % {"name": provider.display_name})
    return found


@transaction.atomic
def drop_choice(*, choice: ProviderChoice, reason: str, by: User, at: datetime) -> ProviderChoice:
    """The firm takes nobody of them: that, and why, is the outcome. Raises `NotAllowed`, `NotPossibleNow`."""
    locked = lock_choice(choice)
    require(by, Permission.USE_VOUCHERS, locked.voucher.holder)
    why = reason_given(reason)
    if not locked.is_open:
        raise NotPossibleNow(_("The choice was made, and stays as it is."))
    locked.dropped_by, locked.dropped_at, locked.why = by, at, why
    locked.save(update_fields=["dropped_by", "dropped_at", "why"])
    return locked
