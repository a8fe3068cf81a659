"""Which version of a rule holds. Each kind of rule has its own clock (facts §0.1): the caller gives the day of it."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Version(Protocol):
    @property
    def effective_from(self) -> date | None: ...


V = TypeVar("V", bound=Version)


def in_force_on(versions: Iterable[V], day: date) -> V | None:
    """The latest of `versions` that began on or before `day`; None where none had. Without a beginning: from ever."""
    begun = [v for v in versions if v.effective_from is None or v.effective_from <= day]
    return max(begun, key=lambda v: v.effective_from or date.min, default=None)
