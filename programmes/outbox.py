"""Wakes workers once what they are to do is committed. Robust: the night finds what was lost."""

from celery import current_app
from django.db import transaction

TAKE_UP_TASK = "programmes.tasks.take_up_reserves"


def take_up_after_commit(call_id: int) -> None:
    """Money of this call became free: the next of its reserve list may be selected."""

    def wake() -> None:  # a named function: Django logs `__qualname__` of a robust hook that failed
        current_app.signature(TAKE_UP_TASK, kwargs={"call_id": call_id}).delay()

    transaction.on_commit(wake, robust=True)
