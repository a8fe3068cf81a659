"""What every act on an application does, whoever does it: lock it, and leave a line in its history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import User
from brokers.enums.office import StepKind
from brokers.models import Application, ApplicationStep


def locked_application(application: Application) -> Application:
    """The row under its lock; of two at once the second finds what the first did."""
    rows = Application.objects.select_for_update(of=["self"])
    return rows.select_related("organization", "applicant", "requirements").get(pk=application.pk)


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
