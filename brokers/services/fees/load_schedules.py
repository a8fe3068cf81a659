"""The fee schedules that come with the product, from its file."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from brokers.enums.fees import SCHEDULE_STATES, ScheduleState, ScheduleUse
from brokers.models import FeeSchedule, FeeTier
from brokers.services.fees.write_schedule import CONTENT, check_tiers
from marketplace.core.errors import DomainError

PRODUCT = Path(__file__).resolve().parents[2] / "data" / "fee_schedules.json"


class Published(DomainError):
    """A published table would be changed."""

    code = "schedule_published"


class Loaded(NamedTuple):
    added: int
    unchanged: int


def read_product() -> list[dict[str, Any]]:
    """The schedules in the file, with days as dates and tiers as pairs."""
    rows = json.loads(PRODUCT.read_text(encoding="utf-8"))
    return [
        row
        | {
            "valid_from": date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
            "tiers": [(from_won, rate_bp) for from_won, rate_bp in row["tiers"]],
        }
        for row in rows
    ]


@transaction.atomic
def load_schedules(*, schedules: Iterable[Mapping[str, Any]], at: datetime) -> Loaded:
    """Add those that are not there, by their reference. All or none; the second time a no-op.

    What is for comparison is published at once; a guideline stays a draft, for officers to edit and publish, and what
    they made of it is left alone. Raises `Published` where a published table differs from the file.
    """
    added = unchanged = 0
    for given in schedules:
        found = FeeSchedule.objects.select_for_update(of=["self"]).filter(reference=given["reference"]).first()
        if found is None:
            _add(given, at)
            added += 1
            continue
        if found.use == ScheduleUse.COMPARISON and not _is_same(found, given):
            raise Published(f"{found} is published and never changed: add another reference.")
        unchanged += 1
    return Loaded(added, unchanged)


def _add(given: Mapping[str, Any], at: datetime) -> None:
    check_tiers(given["tiers"])
    schedule = FeeSchedule.objects.create(
        reference=given["reference"], use=given["use"], **{name: given[name] for name in CONTENT}
    )
    FeeTier.objects.bulk_create(FeeTier(schedule=schedule, from_won=w, rate_bp=rate) for w, rate in given["tiers"])
    if schedule.use == ScheduleUse.COMPARISON:
        SCHEDULE_STATES.move(schedule, ScheduleState.PUBLISHED, published_at=at)


def _is_same(found: FeeSchedule, given: Mapping[str, Any]) -> bool:
    tiers = sorted(found.tiers.values_list("from_won", "rate_bp"))
    return tiers == sorted(given["tiers"]) and all(getattr(found, name) == given[name] for name in CONTENT)
