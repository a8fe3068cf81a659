"""A line of an application's history, whoever did it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import User
from brokers.enums.office import StepKind
from brokers.models import Application, ApplicationStep


def write_step(
    application: Application,
    kind: StepKind,
    *,
    by: User | None,
    at: datetime,
    text: str = "",
    note: str = "",
    data: Mapping[str, Any] | None = None,
) -> ApplicationStep:
    """Add a line to the application's history; it is never changed afterwards."""
    return ApplicationStep.objects.create(
        application=application, kind=kind, by=by, at=at, text=text, note=note, data=dict(data or {})
    )
