"""A claim goes to the firm, which accepts or objects; silence accepts."""

from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from vouchers.enums.claims import CLAIM_STATES, ClaimState
from vouchers.enums.orders import OrderState
from vouchers.models import Claim
from vouchers.notices import claims as notices
from vouchers.queries.orders import scheme_of
from vouchers.services.claims.documents import missing_of
from vouchers.services.claims.draft import refuse_invoice_used, refuse_too_late, sums_of
from vouchers.services.claims.steps import step
from vouchers.services.orders.asking import lock_down_to, reason_given, refuse_related, require

log = structlog.get_logger(__name__)
SILENCE = "silence"
"""Text of a step the clock took. That silence accepts is an assumption: no published notice says so (facts §9)."""


@transaction.atomic
def submit_claim(*, claim: Claim, by: User, at: datetime) -> Claim:
    """Hand it to the firm, which has the call's days to answer. Once more after an objection or a correction.

    Raises `NotAllowed`, `NotPossibleNow`, `SelfDealing`, `IllegalTransition`, `DomainError` naming what is missing.
    """
    locked = lock_down_to(claim)
    order = locked.order
    require(by, Permission.PROVIDE_SERVICES, order.provider)
    CLAIM_STATES.check(locked, ClaimState.SUBMITTED)
    if order.state != OrderState.RUNNING:
        raise NotPossibleNow(_("Only an order in work can be claimed for."))
    refuse_too_late(order.voucher, locked, at)
    if not locked.invoice_number or locked.invoice_on is None:
        raise DomainError(_("Name the tax invoice: its number and its day."), field="invoice_number")
    if missing := missing_of(locked):
        raise DomainError(
            _("These are still missing: %(names)s.")
            % {"names": ", ".join(paper_words(locked, key) for key in missing)},
            field="documents",
        )
    refuse_invoice_used(locked.invoice_number, locked)
    refuse_related(order.voucher.holder, order.provider)
    # Of two parts written side by side the second one finds here what the first one has taken.
    sums = sums_of(order, supply_won=locked.supply_won, vat_won=locked.vat_won, but=locked)
    due = timezone.localdate(at) + timedelta(days=scheme_of(order.voucher).days.acceptance)
    CLAIM_STATES.move(
        locked, ClaimState.SUBMITTED, submitted_at=at, answer_due_on=due, reason="", revision=locked.revision + 1,
        accepted_by=None, accepted_at=None, checked_by=None, checked_at=None, **sums._asdict(),
    )  # fmt: skip
    made = step(locked, by=by, at=at)
    notices.submitted(locked, made, at)
    return locked


def paper_words(claim: Claim, key: str) -> str:
    """What a document is for, in words."""
    if key == "deliverable":
        return _("What was delivered")
    paper = next((each for each in scheme_of(claim.order.voucher).papers if each.key == key), None)
    return str(paper.words) if paper else key


def require_firm(by: User, claim: Claim) -> None:
    """Raise `NotAllowed` unless `by` acts for the firm, and has not written the claim for the provider too."""
    require(by, Permission.USE_VOUCHERS, claim.order.voucher.holder)
    if by.pk == claim.written_by_id:
        raise NotAllowed(_("You wrote this claim yourself: somebody else has to answer it."))


@transaction.atomic
def accept_claim(*, claim: Claim, revision: int | None = None, by: User, at: datetime) -> Claim:
    """The firm says that it was delivered; also after it had objected. `revision` is the one that was looked at.

    Raises `NotAllowed`, `ChangedMeanwhile`, `IllegalTransition`.
    """
    locked = lock_down_to(claim)
    require_firm(by, locked)
    if revision is not None and locked.revision != revision:
        raise ChangedMeanwhile(_("The provider changed this claim meanwhile. Reload the page and look again."))
    CLAIM_STATES.move(locked, ClaimState.ACCEPTED, accepted_by=by, accepted_at=at, reason="")
    made = step(locked, by=by, at=at)
    notices.accepted(locked, made, at)
    return locked


@transaction.atomic
def object_to_claim(*, claim: Claim, reason: str, by: User, at: datetime) -> Claim:
    """The firm says what is wrong, in time. Raises `NotAllowed`, `NotPossibleNow`, `IllegalTransition`."""
    locked = lock_down_to(claim)
    require_firm(by, locked)
    why = reason_given(reason)
    CLAIM_STATES.check(locked, ClaimState.OBJECTED)
    if locked.answer_due_on is not None and locked.answer_due_on < timezone.localdate(at):
        raise NotPossibleNow(_("The day to object by has passed."))
    CLAIM_STATES.move(locked, ClaimState.OBJECTED, reason=why)
    made = step(locked, by=by, at=at, text=why)
    notices.objected(locked, made, at)
    return locked


@transaction.atomic
def accept_by_silence(*, claim: Claim, at: datetime) -> bool:
    """Accept one claim whose firm let its day pass. False where somebody was quicker. Safe to call again."""
    locked = lock_down_to(claim)
    day = timezone.localdate(at)
    if locked.state != ClaimState.SUBMITTED or locked.answer_due_on is None or locked.answer_due_on >= day:
        return False
    CLAIM_STATES.move(locked, ClaimState.ACCEPTED, accepted_by=None, accepted_at=at)
    made = step(locked, by=None, at=at, text=SILENCE)
    notices.accepted(locked, made, at)
    return True


def accept_silent_claims(*, at: datetime) -> int:
    """Every night: each in a transaction of its own; one that fails is logged and holds up nobody. How many were
    accepted."""
    done = 0
    for claim in Claim.objects.silent_on(timezone.localdate(at)).select_related("order").order_by("pk"):
        try:
            done += accept_by_silence(claim=claim, at=at)
        except (DomainError, DatabaseError) as error:
            log.error("silent_claim_failed", claim=claim.number, error=str(error), exc_info=True)
    return done
