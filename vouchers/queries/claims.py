"""Until when a claim may be handed in, and until when the bank may send a payment back."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from django.db.models import Max
from django.utils import timezone

from vouchers.enums.claims import ClaimState, PaymentState
from vouchers.models import Claim, Payment, Voucher
from vouchers.queries.life import last_day_of_grace
from vouchers.queries.orders import scheme_of

SENT_BACK = (ClaimState.OBJECTED, ClaimState.CORRECTION)
FILE = Path(__file__).parent.parent / "data" / "desk_rules.json"
WAITS_FOR_PROVIDER = (ClaimState.DRAFT, *SENT_BACK)


def last_day_to_hand_in(voucher: Voucher, claim: Claim | None = None) -> date | None:
    """None while the voucher runs. What firm or office sent back has the call's days to be completed, even if the
    grace is over by then (an assumption: no published notice says so)."""
    grace = last_day_of_grace(voucher)
    if grace is None or claim is None or claim.state not in SENT_BACK:
        return grace
    back = claim.steps.filter(state=claim.state).latest("at", "pk")
    return max(grace, timezone.localdate(back.at) + timedelta(days=scheme_of(voucher).days.completion))


@cache
def bank_return_days() -> int:
    """For how many days after it was paid a payment may come back (account closed, name differs): an assumption."""
    return int(json.loads(FILE.read_text(encoding="utf-8"))["bank_return_days"])


def may_be_sent_back(voucher: Voucher, day: date) -> bool:
    """Whether the bank may still return a payment of it that day. By the days of the bank, not of the files read."""
    paid = Payment.objects.filter(claim__order__voucher=voucher, state=PaymentState.PAID)
    last = paid.aggregate(last=Max("result_on"))["last"]
    return last is not None and day <= last + timedelta(days=bank_return_days())


def did_not_arrive(claim: Claim, payments: Sequence[Payment]) -> Payment | None:
    """The last of its payments, oldest first, where that failed or came back and the claim waits to be paid again."""
    last = payments[-1] if payments and claim.state == ClaimState.APPROVED else None
    return last if last is not None and last.state in (PaymentState.FAILED, PaymentState.RETURNED) else None
