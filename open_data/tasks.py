"""Thin: one call each, safe to run twice and after a run that was missed."""

from celery import shared_task
from django.utils import timezone

from open_data.services.bulk import make_bulk
from open_data.services.messages import drop_old_messages, send_due, tell_of_bulk, write_news
from open_data.services.seal import drop_idle_seals, prune, seal
from open_data.services.totals import count_totals


@shared_task
def make_bulk_files() -> int:
    """Every night: how many files were made."""
    files = make_bulk(at=timezone.now())
    tell_of_bulk(files, at=timezone.now())
    return len(files)


@shared_task
def seal_changes() -> bool:
    """Every minute: what is over becomes visible to harvesters."""
    return seal(clock=timezone.now) is not None


@shared_task
def send_webhooks() -> int:
    """Every minute: write what is new, send what is due."""
    write_news(at=timezone.now())
    return send_due(at=timezone.now(), clock=timezone.now)


@shared_task
def tidy_feed() -> int:
    """Every night: what later changes stand for, seals that no record needs, and old messages of the log."""
    return prune() + drop_idle_seals() + drop_old_messages(at=timezone.now())


@shared_task
def count_voucher_totals() -> int:
    """Every night: what is said of the vouchers of each call."""
    return count_totals(at=timezone.now())
