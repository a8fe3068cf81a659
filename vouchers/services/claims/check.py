"""Officers look at claims: a first one checks, a second one approves; either sends back or disallows, with a reason."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import ChangedMeanwhile, NotAllowed
from vouchers.enums.claims import CLAIM_STATES, ClaimState
from vouchers.models import Claim
from vouchers.notices import claims as notices
from vouchers.services.claims.steps import step
from vouchers.services.orders.asking import lock_down_to, reason_given, refuse_related, require_officer
from vouchers.services.orders.free import finish_if_over, unbind


def _for_officer(claim: Claim, by: User, revision: int | None = None) -> Claim:
    """Locked, of an officer who may decide; `revision` is the one that was looked at."""
    locked = lock_down_to(claim)
    require_officer(by, Permission.CHECK_CLAIMS, locked.order)
    if revision is not None and locked.revision != revision:
        raise ChangedMeanwhile(_("The provider changed this claim meanwhile. Reload the page and look again."))
    return locked


@transaction.atomic
def accept_for_firm(*, claim: Claim, reason: str, by: User, at: datetime) -> Claim:
    """The firm objects, and the office finds the work delivered: an officer accepts it in the firm's place, with the
    reason, so that nobody holds up payment for ever. Two others check and approve it then.

    Raises `NotAllowed`, `IllegalTransition`, `DomainError` without a reason.
    """
    locked = _for_officer(claim, by)
    why = reason_given(reason)
    if locked.state != ClaimState.OBJECTED:
        CLAIM_STATES.refuse(locked, ClaimState.ACCEPTED)
    CLAIM_STATES.move(locked, ClaimState.ACCEPTED, accepted_by=None, accepted_at=at, reason="")
    made = step(locked, by=by, at=at, text=why)
    notices.accepted_for_firm(locked, made, at)
    return locked


def accepted_for_firm_by(claim: Claim) -> int | None:
    """The officer (primary key) who accepted it in the firm's place; None where the firm or its silence did."""
    if claim.accepted_by_id is not None:
        return None
    last = claim.steps.filter(state=ClaimState.ACCEPTED).order_by("-at", "-pk").first()
    return last.by_id if last else None


def _refuse_who_accepted(claim: Claim, by: User) -> None:
    if accepted_for_firm_by(claim) == by.pk:
        raise NotAllowed(_("You accepted this claim in the firm's place: a colleague has to do this."))


@transaction.atomic
def check_claim(*, claim: Claim, text: str = "", revision: int | None = None, by: User, at: datetime) -> Claim:
    """The first officer finds it in order.

    Raises `NotAllowed`, `SelfDealing`, `ChangedMeanwhile`, `IllegalTransition`.
    """
    locked = _for_officer(claim, by, revision)
    CLAIM_STATES.check(locked, ClaimState.CHECKED)
    _refuse_who_accepted(locked, by)
    refuse_related(locked.order.voucher.holder, locked.order.provider)
    CLAIM_STATES.move(locked, ClaimState.CHECKED, checked_by=by, checked_at=at)
    step(locked, by=by, at=at, text=text)
    return locked


@transaction.atomic
def approve_claim(*, claim: Claim, text: str = "", revision: int | None = None, by: User, at: datetime) -> Claim:
    """The second officer approves; who checked it never does. Raises as `check_claim`."""
    locked = _for_officer(claim, by, revision)
    CLAIM_STATES.check(locked, ClaimState.APPROVED)
    if locked.state != ClaimState.CHECKED:
        CLAIM_STATES.refuse(locked, ClaimState.APPROVED)
    if locked.checked_by_id is None or locked.checked_by_id == by.pk:
        raise NotAllowed(_("You checked this claim: a second officer has to approve it."))
    _refuse_who_accepted(locked, by)
    refuse_related(locked.order.voucher.holder, locked.order.provider)
    CLAIM_STATES.move(locked, ClaimState.APPROVED, approved_by=by, approved_at=at)
    step(locked, by=by, at=at, text=text)
    return locked


@transaction.atomic
def return_claim(*, claim: Claim, reason: str, by: User, at: datetime) -> Claim:
    """Sent back to the provider, who mends and submits it again. Raises `NotAllowed`, `IllegalTransition`."""
    locked = _for_officer(claim, by)
    why = reason_given(reason)
    CLAIM_STATES.move(locked, ClaimState.CORRECTION, reason=why, checked_by=None, checked_at=None)
    made = step(locked, by=by, at=at, text=why)
    notices.returned(locked, made, at)
    return locked


@transaction.atomic
def disallow_claim(*, claim: Claim, reason: str, by: User, at: datetime) -> Claim:
    """It is not paid, and its part of the order is free again for others.

    Raises `NotAllowed`, `IllegalTransition`, `DomainError` without a reason.
    """
    locked = _for_officer(claim, by)
    why = reason_given(reason)
    CLAIM_STATES.move(locked, ClaimState.DISALLOWED, reason=why)
    made = step(locked, by=by, at=at, text=why)
    unbind(
        voucher=locked.order.voucher, amount_won=locked.government_won, subject=locked.public_id, step="disallow",
        by=by, at=at,
    )  # fmt: skip
    finish_if_over(locked.order, at)
    notices.disallowed(locked, made, at)
    return locked
