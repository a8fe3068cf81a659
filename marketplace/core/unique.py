"""What only a unique index tells apart: two that write at once, neither of which sees the other's row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from marketplace.core.errors import DomainError


@contextmanager
def refused_as(constraint: str, refusal: Callable[[], DomainError]) -> Iterator[None]:
    """Around a write: what breaks `constraint` is raised as `refusal` says, everything else as it is.

    In a savepoint, so `refusal` can ask the database whose row was first.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != constraint:
            raise
        raise refusal() from None
