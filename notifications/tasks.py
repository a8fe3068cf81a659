"""Thin, and safe to run twice: what is sent is marked in the transaction that sent it."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from notifications.delivery import deliver_all, deliver_outside, waiting_for_digest, waiting_for_mail
from notifications.services.push import push_all


@shared_task
def deliver_to(*, user_ids: list[int], **kwargs: Any) -> int:
    """Woken after a commit that wrote messages for these people."""
    return deliver_all(user_ids, timezone.now())


@shared_task
def push_news(**kwargs: Any) -> int:
    """Every minute: what devices that asked for it were not told yet."""
    return push_all(timezone.now(), clock=timezone.now)


@shared_task
def deliver_unsent(**kwargs: Any) -> int:
    """Every few minutes: what a lost wake-up, a dead worker or a failing mail server left behind."""
    now = timezone.now()
    return deliver_all(waiting_for_mail(), now) + deliver_outside(now)


@shared_task
def send_digests(**kwargs: Any) -> int:
    """Every few minutes: people whose digest is due and not yet sent, so that a missed run heals by itself."""
    now = timezone.now()
    return deliver_all(waiting_for_digest(now), now)
