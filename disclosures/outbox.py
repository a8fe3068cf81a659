"""Wakes a worker once the file it is to scan is committed. The sweep finds what was lost within a minute."""

from uuid import UUID

from celery import current_app
from django.db import transaction

SCAN_TASK = "disclosures.tasks.scan_file"


def scan_after_commit(file_id: UUID) -> None:
    def wake() -> None:  # a named function: Django logs `__qualname__` of a robust hook that failed
        current_app.signature(SCAN_TASK, kwargs={"file_id": str(file_id)}).delay()

    transaction.on_commit(wake, robust=True)
