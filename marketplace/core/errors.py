"""What a rule says when it says no. Messages are translated and fit to show to the person who asked."""

from typing import ClassVar

from django.db import OperationalError
from psycopg2.errors import DeadlockDetected, LockNotAvailable


class DomainError(Exception):
    """A rule said no. Shown as a form error or message on pages, as 400 in the API.

    `field` names the input it is about, if it is about one.
    """

    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = 400

    def __init__(self, message: object, *, field: str | None = None) -> None:
        super().__init__(str(message))
        self.field = field


class Conflict(DomainError):
    """The thing changed meanwhile, or is in a state that does not allow this (409)."""

    code = "conflict"
    status = 409


class ChangedMeanwhile(Conflict):
    """Somebody else changed it after it was read (lessons F58)."""

    code = "changed_meanwhile"


class NotPossibleNow(Conflict):
    """Its state does not allow this, or somebody else was first."""

    code = "not_possible_now"


class NotAllowed(DomainError):
    """The person may see this, but not do it (403)."""

    code = "not_allowed"
    status = 403


def is_lock_timeout(error: Exception) -> bool:
    """Whether the database gave up waiting for somebody else's lock, or two waited for each other (lessons F65)."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, LockNotAvailable | DeadlockDetected)
