"""Wakes the workers of matching once what they are to do is committed."""

from celery import current_app
from django.db import transaction

MATCH_TASK = "matching.tasks.match_needs"
PERCOLATE_TASK = "matching.tasks.percolate_news"


def match_after_commit() -> None:
    _after_commit(MATCH_TASK)


def percolate_after_commit() -> None:
    _after_commit(PERCOLATE_TASK)


def _after_commit(task: str) -> None:
    def wake() -> None:  # a named function: Django logs `__qualname__` of a robust hook that failed
        current_app.signature(task).delay()

    # Robust: the row that says what is to do is written, so a broker that is down costs a minute until the sweep.
    transaction.on_commit(wake, robust=True)
