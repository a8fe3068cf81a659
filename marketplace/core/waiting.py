"""What the home page says that waits on a person. Every app that has some gives them in this shape."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Waiting:
    """A sentence, where to go on, and by when, if by a day."""

    title: str
    url: str
    due_on: date | None = None
    is_overdue: bool = False
