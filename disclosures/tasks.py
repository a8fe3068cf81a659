"""Thin, and safe to run twice: a verdict is written in the transaction that checks that it is still awaited."""

from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from disclosures.services import scan


@shared_task
def scan_file(*, file_id: str, **kwargs: Any) -> None:
    """Scan a file, if it waits and nobody does."""
    scan.scan_file(file_id=UUID(file_id))


@shared_task
def scan_files(**kwargs: Any) -> int:
    """Every minute: files whose scan was lost, failed, or was not possible when they came."""
    return scan.resume_due(at=timezone.now())
