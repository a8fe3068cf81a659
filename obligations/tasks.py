"""Thin, and safe to run twice or two at once."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from obligations.services import run_duties as nightly
from obligations.services.escalate import escalate
from obligations.services.settle import projects_of_listings, settle


@shared_task
def run_duties(**kwargs: Any) -> dict[str, int] | None:
    """Every night: what everybody owes today."""
    written = nightly.run_duties(at=timezone.now())
    return None if written is None else dict(written)


OFFICE_HOURS = range(8, 20)  # in Korea: nobody is woken by a letter


@shared_task
def write_letters(**kwargs: Any) -> int:
    """Every hour of the day: what the calendar says for today, once."""
    now = timezone.now()
    return escalate(at=now) if timezone.localtime(now).hour in OFFICE_HOURS else 0


@shared_task
def settle_listings(*, listing_ids: list[int], **kwargs: Any) -> dict[str, int]:
    """After an import: the duties that its technologies do."""
    return dict(settle(projects=projects_of_listings(listing_ids), at=timezone.now()))
