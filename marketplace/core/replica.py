"""Reads that may be a moment old go to the read replica, where the environment names one."""

from typing import Any, TypeVar

from django.conf import settings
from django.db.models import QuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any])


def on_replica(rows: Rows) -> Rows:
    """The same rows, read from `DATABASE_REPLICA_URL` if it is set. For public lists, never before a write."""
    return rows.using("replica") if "replica" in settings.DATABASES else rows
