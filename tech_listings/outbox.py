"""Wakes workers once what they are to do is committed. Robust: a broker that is down costs a minute until the sweep."""

from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction

PLAN_TASK = "tech_listings.tasks.plan_import"
APPLY_TASK = "tech_listings.tasks.apply_import"
EMBED_TASK = "tech_listings.tasks.embed_meanings"
CHECK_TASK = "tech_listings.tasks.check_submissions"
EXPORT_TASK = "tech_listings.tasks.make_export"


def plan_after_commit(run_id: UUID) -> None:
    _after_commit(PLAN_TASK, times=1, run_id=run_id)


def apply_after_commit(run_id: UUID) -> None:
    """As many workers as may help: each takes batches until none is left."""
    _after_commit(APPLY_TASK, times=settings.IMPORT_WORKERS, run_id=run_id)


def export_after_commit(export_id: UUID) -> None:
    _after_commit(EXPORT_TASK, times=1, export_id=export_id)


def embed_after_commit() -> None:
    """A worker makes the meanings that are due by then."""

    def wake() -> None:  # a named function, as above
        current_app.signature(EMBED_TASK).delay()

    transaction.on_commit(wake, robust=True)


def check_after_commit() -> None:
    """A worker looks at what was sent for registration."""
    _after_commit(CHECK_TASK, times=1)


def _after_commit(task: str, *, times: int, **ids: UUID) -> None:
    def wake() -> None:  # a named function: Django logs `__qualname__` of a robust hook that failed
        for _ in range(times):
            current_app.signature(task, kwargs={name: str(value) for name, value in ids.items()}).delay()

    # Robust: what is to be done is written, so a broker that is down costs a minute until the sweep finds it.
    transaction.on_commit(wake, robust=True)
