"""Wakes workers once what they are to do is committed. Robust: sweeps find what was lost."""

from uuid import UUID

from celery import current_app
from django.db import transaction

TAKE_UP_TASK = "programmes.tasks.take_up_reserves"
PUBLISH_TASK = "programmes.tasks.publish_selection"


def take_up_after_commit(call_id: int) -> None:
    """Money of this call became free: the next of its reserve list may be selected."""

    def wake() -> None:  # a named function: Django logs `__qualname__` of a robust hook that failed
        current_app.signature(TAKE_UP_TASK, kwargs={"call_id": call_id}).delay()

    transaction.on_commit(wake, robust=True)


def publish_after_commit(selection: UUID) -> None:
    """An approved selection is to be published, batch by batch."""

    def wake() -> None:
        current_app.signature(PUBLISH_TASK, kwargs={"selection_id": str(selection)}).delay()

    transaction.on_commit(wake, robust=True)
