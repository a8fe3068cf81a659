"""An officer announces that money has to come back; the debtor may object; another officer confirms or drops it."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.money import won
from marketplace.core.text import tidy
from vouchers.enums.claims import PaymentState
from vouchers.enums.recovery import RECOVERY_STATES, RecoveryGround, RecoveryState
from vouchers.models import Order, Payment, Recovery, Voucher
from vouchers.notices import recovery as notices
from vouchers.numbers import take
from vouchers.recovery import Rules, all_rules, rules_on
from vouchers.services.life.asking import lock_voucher, reason_given
from vouchers.services.orders.asking import lock_organizations, refuse_gone
from vouchers.services.recovery.asking import lock_recovery, move, require_of_the_office, require_officer, step


class TooMuchAsked(DomainError):
    """More than was paid on the voucher and is not asked back yet, or a surcharge above what the law allows."""

    code = "too_much_asked"


def askable_won(voucher: Voucher) -> int:
    """What was paid on it and is not being recovered already."""
    left = voucher.recoveries.alive().aggregate(left=Sum(F("principal_won") - F("recovered_won"), default=0))["left"]
    return max(0, voucher.paid_won - int(left))


def paid_to(voucher: Voucher, debtor: Organization) -> QuerySet[Payment]:
    """What was paid on it for who may owe it: all of it for the firm, of a provider what went to that one, or to who
    was merged into it."""
    rows = Payment.objects.filter(claim__order__voucher=voucher, state=PaymentState.PAID)
    if debtor.pk == voucher.holder_id:
        return rows
    return rows.filter(Q(claim__order__provider=debtor) | Q(claim__order__provider__merged_into=debtor))


def askable_of(voucher: Voucher, debtor: Organization) -> int:
    """What may be asked back of `debtor`: of a provider no more than it got and was not asked for."""
    left = askable_won(voucher)
    if debtor.pk == voucher.holder_id:
        return left
    got = paid_to(voucher, debtor).aggregate(won=Sum("government_won", default=0))["won"]
    asked = voucher.recoveries.filter(debtor=debtor).exclude(state=RecoveryState.DROPPED)
    return max(0, min(left, int(got) - int(asked.aggregate(won=Sum("principal_won", default=0))["won"])))


def debtors_of(voucher: Voucher) -> list[Organization]:
    """Who can owe: the firm, and the providers of its orders, or who they were merged into."""
    providers = Organization.objects.filter(pk__in=Order.objects.filter(voucher=voucher).values("provider"))
    roots = {provider.root_id for provider in providers}
    return [voucher.holder, *Organization.objects.filter(pk__in=roots).order_by("name", "pk")]


def rules_of(recovery: Recovery) -> Rules:
    """The version it was announced under."""
    return next(rules for rules in all_rules() if rules.serial == recovery.rules_serial)


@transaction.atomic
def announce(
    *, voucher: Voucher, debtor: Organization, ground: str, text: str, principal_won: int, interest_from: date,
    surcharge_won: int = 0, key: UUID, by: User, at: datetime,
) -> Recovery:  # fmt: skip
    """Ask money back of the firm or a provider. The debtor's managers are told, and may object until `object_by`.

    The same `key` on a voucher gives the first one again. Raises `NotAllowed`, `TooMuchAsked`, `KeyReused`,
    `DomainError` for a day to come, an unknown ground or debtor, or no reason.
    """
    firms = lock_organizations(pk=debtor.pk)
    locked = lock_voucher(voucher.pk)
    require_of_the_office(by, locked.line.call.office, locked.holder, debtor)
    if earlier := Recovery.objects.filter(voucher=locked, key=key).select_related("debtor").first():
        # What is owed went over, if the debtor was merged meanwhile: it is the same recovery.
        asked = (firms[0].root_id, ground, principal_won, surcharge_won, interest_from, tidy(text))
        if asked != (earlier.debtor.root_id, earlier.ground, earlier.principal_won, earlier.surcharge_won,
                     earlier.interest_from, earlier.text):  # fmt: skip
            raise KeyReused(_("This key was used for another recovery. Send this one with a key of its own."))
        return earlier
    refuse_gone(firms)
    today = timezone.localdate(at)
    rules = rules_on(today)
    _check(locked, debtor, ground, principal_won, surcharge_won, interest_from, today, rules)
    recovery = Recovery.objects.create(
        number=take("recovery", at), voucher=locked, debtor=debtor, ground=ground, text=reason_given(text),
        principal_won=principal_won, interest_bp=rules.interest_bp, interest_from=interest_from,
        surcharge_won=surcharge_won, noticed_by=by, noticed_at=at, key=key, rules_serial=rules.serial,
        object_by=today + timedelta(days=rules.object_days),
    )  # fmt: skip
    step(recovery, by=by, at=at, text=recovery.text)
    notices.announced(recovery, at)
    return recovery


def _check(
    voucher: Voucher, debtor: Organization, ground: str, principal_won: int, surcharge_won: int, interest_from: date,
    today: date, rules: Rules,
) -> None:  # fmt: skip
    if ground not in RecoveryGround.values:
        raise DomainError(_("Choose one of the grounds."), field="ground")
    if debtor.pk not in {each.pk for each in debtors_of(voucher)}:
        raise DomainError(_("Only the firm, or a provider of this voucher, can owe it."), field="debtor")
    left = askable_of(voucher, debtor)
    if not 0 < principal_won <= left:
        text = _("Between 1 won and %(left)s: what was paid on the voucher and is not asked back yet.")
        if debtor.pk != voucher.holder_id:
            text = _("Between 1 won and %(left)s: what “%(name)s” got of the voucher and was not asked for yet.")
        raise TooMuchAsked(text % {"left": won(left), "name": debtor.name}, field="principal_won")
    most = rules.most_surcharge_won(ground, principal_won)
    if not 0 <= surcharge_won <= most:
        raise TooMuchAsked(
            _("On this ground the surcharge is at most %(most)s.") % {"most": won(most)}, field="surcharge_won"
        )
    if interest_from > today:
        raise DomainError(_("Interest runs from a day that has come."), field="interest_from")
    first = paid_to(voucher, debtor).aggregate(first=Min("result_on"))["first"] or voucher.valid_from
    if first is not None and interest_from < first:
        day = date_format(first, "DATE_FORMAT")
        raise DomainError(
            _("Interest runs from the payment on: not before %(day)s.") % {"day": day}, field="interest_from"
        )


@transaction.atomic
def object_to(*, recovery: Recovery, text: str, by: User, at: datetime) -> Recovery:
    """A manager of the debtor says why it does not owe, in time.

    Raises `NotAllowed`, `NotPossibleNow` after the last day, `IllegalTransition`, `DomainError` without words.
    """
    locked = lock_recovery(recovery)
    if not has_permission(by, Permission.SIGN_AGREEMENTS, locked.debtor):
        raise NotAllowed(_("Only a manager of “%(name)s” can object.") % {"name": locked.debtor})
    RECOVERY_STATES.check(locked, RecoveryState.OBJECTED)
    if timezone.localdate(at) > locked.object_by:
        raise NotPossibleNow(_("The days to object are over."))
    said = reason_given(text)
    move(locked, RecoveryState.OBJECTED, by=by, at=at, text=said, objection=said, objected_at=at)
    notices.objected(locked, at)
    return locked


@transaction.atomic
def decide(*, recovery: Recovery, confirm: bool, text: str, by: User, at: datetime) -> Recovery:
    """Confirm or drop what another officer announced. Confirmed once the debtor has objected or its days are over.

    Raises `NotAllowed`, `NotPossibleNow`, `IllegalTransition`, `DomainError` without a reason.
    """
    locked = lock_recovery(recovery)
    require_officer(by, locked)
    if by.pk == locked.noticed_by_id:
        raise NotAllowed(_("You announced this: a second officer has to decide."))
    to = RecoveryState.CONFIRMED if confirm else RecoveryState.DROPPED
    RECOVERY_STATES.check(locked, to)
    today, rules = timezone.localdate(at), rules_of(locked)
    if confirm and locked.state == RecoveryState.NOTICED and today <= locked.object_by:
        raise NotPossibleNow(_("The debtor may still object. Decide when its days are over."))
    pay_by = today + timedelta(days=rules.pay_days) if confirm else None
    said = reason_given(text)
    move(locked, to, by=by, at=at, text=said, decided_by=by, decided_at=at, decision_text=said, pay_by=pay_by)
    notices.decided(locked, at)
    return locked
