"""Warnings and exclusions: proposed by one officer for a confirmed recovery, imposed or dropped by another, lifted.

An exclusion ends by itself after its last day; `programmes` hears of it as standing (`vouchers.queries.standing`).
"""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.days import add_months
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from vouchers.enums.recovery import (
    SANCTION_STATES,
    RecoveryGround,
    RecoveryState,
    SanctionKind,
    SanctionState,
)
from vouchers.models import Recovery, Sanction
from vouchers.notices import recovery as notices
from vouchers.services.life.asking import reason_given
from vouchers.services.recovery.asking import lock_recovery, require_of_the_office, require_officer

MOST_YEARS = 5
FOUNDED = (RecoveryState.CONFIRMED, RecoveryState.DELINQUENT, RecoveryState.PAID_BACK)
OPEN = (SanctionState.PROPOSED, SanctionState.IMPOSED)


def lock_sanction(sanction: Sanction) -> Sanction:
    rows = Sanction.objects.select_for_update(of=["self"]).select_related("organization", "office", "recovery")
    return rows.get(pk=sanction.pk)


@transaction.atomic
def propose(
    *, recovery: Recovery, kind: str, reason: str, until_on: date | None = None, by: User, at: datetime
) -> Sanction:
    """Propose to warn or exclude who owes. Nobody outside hears of it before it is imposed.

    Raises `NotAllowed`, `NotPossibleNow` unless the recovery was confirmed or where one of the kind stands,
    `DomainError` for an end that is missing, past or more than five years away.
    """
    locked = lock_recovery(recovery)
    require_officer(by, locked)
    today = timezone.localdate(at)
    if locked.state not in FOUNDED:
        raise NotPossibleNow(_("A sanction follows a recovery that was confirmed."))
    if kind not in SanctionKind.values:
        raise DomainError(_("Choose a warning or an exclusion."), field="kind")
    if locked.sanctions.filter(kind=kind, state__in=OPEN).exists():
        raise NotPossibleNow(_("One of this kind is proposed or imposed already."))
    if kind == SanctionKind.WARNING:
        until_on = None
    elif until_on is None or not today < until_on <= add_months(today, 12 * MOST_YEARS):
        raise DomainError(_("An exclusion ends after today and within five years."), field="until_on")
    return Sanction.objects.create(
        organization=locked.debtor, recovery=locked, office=locked.voucher.line.call.office, kind=kind,
        reason=reason_given(reason, "reason"), from_on=today, until_on=until_on, proposed_by=by, proposed_at=at,
    )  # fmt: skip


@transaction.atomic
def decide_sanction(*, sanction: Sanction, impose: bool, text: str, by: User, at: datetime) -> Sanction:
    """Impose or drop what another officer proposed. An exclusion for fraud is published (Subsidy Act art. 36-2).

    Raises `NotAllowed`, `NotPossibleNow` for an exclusion whose end has passed, `IllegalTransition`, `DomainError`.
    """
    locked = lock_sanction(sanction)
    require_of_the_office(by, locked.office, locked.organization)
    if by.pk == locked.proposed_by_id:
        raise NotAllowed(_("You proposed this: a second officer has to decide."))
    to = SanctionState.IMPOSED if impose else SanctionState.DROPPED
    SANCTION_STATES.check(locked, to)
    if impose and locked.until_on is not None and locked.until_on < timezone.localdate(at):
        raise NotPossibleNow(_("Its end has passed. Drop it and propose another one."))
    is_public = impose and locked.kind == SanctionKind.EXCLUSION and _is_fraud(locked)
    said = reason_given(text)
    SANCTION_STATES.move(locked, to, decided_by=by, decided_at=at, decision_text=said, is_public=is_public)
    if impose:
        notices.sanctioned(locked, at)
    return locked


def _is_fraud(sanction: Sanction) -> bool:
    return sanction.recovery is not None and sanction.recovery.ground == RecoveryGround.FALSE


@transaction.atomic
def lift(*, sanction: Sanction, text: str, by: User, at: datetime) -> Sanction:
    """End it before its day, with a reason which the organization reads.

    Raises `NotAllowed`, `IllegalTransition`, `DomainError` without a reason.
    """
    locked = lock_sanction(sanction)
    require_of_the_office(by, locked.office, locked.organization)
    SANCTION_STATES.check(locked, SanctionState.LIFTED)
    said = reason_given(text)
    SANCTION_STATES.move(locked, SanctionState.LIFTED, lifted_by=by, lifted_at=at, lift_text=said)
    notices.lifted(locked, at)
    return locked
