"""What was changed in an application after it was handed in, field by field, from what triggers kept of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.apps import apps

from accounts.models import User
from brokers.models import Application
from marketplace.core.models import field_of

WATCHED = ("representative", "speciality", "network_url", "network_text", "career_route")
"""What the applicant wrote. States, days and texts of steps stand in the timeline."""


@dataclass(frozen=True)
class Change:
    """A field and its two values, as texts."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """What was changed at once. `by` is a person's name, empty where a task did it."""

    at: datetime
    by: str
    fields: list[Change]


def changes_of(application: Application) -> list[Changes]:
    """The newest first; two questions, however many there are. For officers."""
    event = apps.get_model("brokers", "ApplicationEvent")
    kept = event.objects.filter(pgh_obj=application.pk, applied_at__isnull=False)
    versions = list(kept.select_related("pgh_context").order_by("pgh_id"))
    people = User.objects.in_bulk({person for version in versions if (person := _person(version))})
    found = []
    for before, after in pairwise([*versions, application]):
        fields = list(_changed(before, after))
        if fields:
            by = people.get(_person(before) or 0)
            found.append(Changes(before.pgh_created_at, str(by or ""), fields))
    return found[::-1]


def _person(version: Any) -> int | None:
    """Who wrote over this version."""
    user = (version.pgh_context.metadata or {}).get("user") if version.pgh_context else None
    return int(user) if user else None


def _changed(before: Any, after: Any) -> Iterator[Change]:
    for name in WATCHED:
        if getattr(before, name) != getattr(after, name):
            yield Change(str(field_of(Application, name).verbose_name), _shown(before, name), _shown(after, name))


def _shown(row: Any, name: str) -> str:
    value = getattr(row, name)
    return "" if value is None else str(dict(field_of(Application, name).flatchoices).get(value, value))
