"""Versions of the law's rules, from the file that comes with the product."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from marketplace.core.errors import DomainError
from obligations.models import DutyRule

PRODUCT = Path(__file__).resolve().parents[1] / "data" / "duty_rules.json"
COLUMNS = (
    "effective_from", "selected_by", "due_months", "due_days", "reason_months", "ceiling_months", "source",
    "is_assumption",
)  # fmt: skip


class Published(DomainError):
    """A version that is in force would be changed."""

    code = "rule_published"


class Loaded(NamedTuple):
    added: int
    unchanged: int


def read_product() -> list[dict[str, Any]]:
    """The rules in the file, with days as dates."""
    rows = json.loads(PRODUCT.read_text(encoding="utf-8"))
    return [row | {"effective_from": date.fromisoformat(row["effective_from"])} for row in rows]


@transaction.atomic
def load_rules(*, rules: Iterable[Mapping[str, Any]]) -> Loaded:
    """Add the versions that are not there. All or none.

    Raises `Published` where a version differs from what is there: law that has been in force is not rewritten, a new
    version is added.
    """
    added = unchanged = 0
    for rule in rules:
        found, is_new = DutyRule.objects.get_or_create(
            kind=rule["kind"], version=rule["version"], defaults={name: rule[name] for name in COLUMNS}
        )
        if is_new:
            added += 1
            continue
        if any(getattr(found, name) != rule[name] for name in COLUMNS):
            raise Published(f"{found} is published and never changed: add a new version.")
        unchanged += 1
    return Loaded(added, unchanged)
