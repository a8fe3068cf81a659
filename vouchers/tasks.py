"""Thin: one call each, safe to run twice and after a run that was missed."""

import structlog
from celery import shared_task
from django.utils import timezone

from vouchers.models import BudgetLine
from vouchers.notices.life import out_of_balance as alarm
from vouchers.services.claims.answer import accept_silent_claims
from vouchers.services.life.sweep import nightly, remind, sweep
from vouchers.services.money.balance import out_of_balance

log = structlog.get_logger(__name__)


@shared_task
def sweep_vouchers() -> dict[str, int]:
    """Every few minutes: what a crash left between two steps."""
    return sweep(at=timezone.now())


@shared_task
def look_after_vouchers() -> dict[str, int]:
    """Just after midnight in Korea: own shares not paid in, terms that are over, vouchers that can be closed."""
    return nightly(at=timezone.now())


@shared_task
def remind_of_vouchers() -> int:
    """In the morning."""
    return remind(at=timezone.now())


@shared_task
def check_money() -> int:
    """Every night: how many sums do not agree. Each is logged as an error, and officers of the call are told."""
    found = list(out_of_balance(claims=True))
    for each in found:
        log.error(
            "money_out_of_balance", what=each.what, number=each.number, kept_won=each.kept_won,
            counted_won=each.counted_won,
        )  # fmt: skip
    lines = BudgetLine.objects.filter(public_id__in={each.line for each in found})
    for line in lines.select_related("call__office"):
        alarm(line, timezone.now())
    return len(found)


@shared_task
def accept_silent() -> int:
    """Every night: claims whose firm let its day pass count as accepted."""
    return accept_silent_claims(at=timezone.now())
