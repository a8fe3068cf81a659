"""The requirements that come with the product, from its file."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from brokers.enums.registration import REQUIREMENT_STATES, VersionState
from brokers.models import Requirement, RequirementVersion
from brokers.services.fees.load_schedules import Loaded
from marketplace.core.errors import DomainError

PRODUCT = Path(__file__).resolve().parents[2] / "data" / "requirements.json"
CONTENT = ("valid_from", "source", "is_assumption")
LINE = ("key", "route", "least", "unit", "law", "is_waived")


class RequirementsPublished(DomainError):
    """A published version would be changed."""

    code = "requirements_published"


def read_product() -> list[dict[str, Any]]:
    """The versions in the file, with days as dates and every line complete."""
    rows = json.loads(PRODUCT.read_text(encoding="utf-8"))
    return [
        row
        | {
            "valid_from": date.fromisoformat(row["valid_from"]),
            "requirements": [{"route": "", "is_waived": False} | line for line in row["requirements"]],
        }
        for row in rows
    ]


@transaction.atomic
def load_requirements(*, versions: Iterable[Mapping[str, Any]], at: datetime) -> Loaded:
    """Add and publish the versions that are not there, by kind and number. All or none; the second time a no-op.

    Raises `RequirementsPublished` where a version of the file is there and says something else.
    """
    added = unchanged = 0
    for given in versions:
        rows = RequirementVersion.objects.select_for_update(of=["self"])
        found = rows.filter(kind=given["kind"], version=given["version"]).first()
        if found is None:
            _add(given, at)
            added += 1
            continue
        if not _is_same(found, given):
            raise RequirementsPublished(f"{found} is published and never changed: add another version.")
        unchanged += 1
    return Loaded(added, unchanged)


def _add(given: Mapping[str, Any], at: datetime) -> None:
    version = RequirementVersion.objects.create(
        kind=given["kind"], version=given["version"], **{name: given[name] for name in CONTENT}
    )
    Requirement.objects.bulk_create(
        Requirement(version=version, position=place, **{name: line[name] for name in LINE})
        for place, line in enumerate(given["requirements"], 1)
    )
    REQUIREMENT_STATES.move(version, VersionState.PUBLISHED, published_at=at)


def _is_same(found: RequirementVersion, given: Mapping[str, Any]) -> bool:
    lines = list(found.requirements.order_by("position").values(*LINE))
    return lines == [{name: line[name] for name in LINE} for line in given["requirements"]] and all(
        getattr(found, name) == given[name] for name in CONTENT
    )
