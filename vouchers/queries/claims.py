"""Until when a claim may be handed in."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils import timezone

from vouchers.enums.claims import ClaimState, PaymentState
from vouchers.models import Claim, Payment, Voucher
from vouchers.queries.life import last_day_of_grace
from vouchers.queries.orders import scheme_of

SENT_BACK = (ClaimState.OBJECTED, ClaimState.CORRECTION)
WAITS_FOR_PROVIDER = (ClaimState.DRAFT, *SENT_BACK)


def last_day_to_hand_in(voucher: Voucher, claim: Claim | None = None) -> date | None:
    """None while the voucher runs. What firm or office sent back has the call's days to be completed, even if the
    grace is over by then (an assumption: no published notice says so)."""
    grace = last_day_of_grace(voucher)
    if grace is None or claim is None or claim.state not in SENT_BACK:
        return grace
    back = claim.steps.filter(state=claim.state).latest("at", "pk")
    return max(grace, timezone.localdate(back.at) + timedelta(days=scheme_of(voucher).days.completion))


def did_not_arrive(claim: Claim, payments: Sequence[Payment]) -> Payment | None:
    """The last of its payments, oldest first, where that failed or came back and the claim waits to be paid again."""
    last = payments[-1] if payments and claim.state == ClaimState.APPROVED else None
    return last if last is not None and last.state in (PaymentState.FAILED, PaymentState.RETURNED) else None
