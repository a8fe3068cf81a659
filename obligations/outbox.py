"""Work for a worker, woken after commit. The night finds what was lost."""

from collections.abc import Sequence

from celery import current_app
from django.db import transaction

SETTLE_TASK = "obligations.tasks.settle_listings"


def settle_after_commit(listing_ids: Sequence[int]) -> None:
    def wake() -> None:  # a named function: Django logs `__qualname__` of a robust hook that failed
        current_app.signature(SETTLE_TASK, kwargs={"listing_ids": list(listing_ids)}).delay()

    transaction.on_commit(wake, robust=True)
