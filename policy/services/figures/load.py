"""Reference data that comes with the product: the nation in past years as published, and the targets of the plan."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from marketplace.core.errors import DomainError
from policy.enums.plans import PlanState
from policy.models import NationalValue, PlanTarget, Target
from policy.queries.figures.registry import FIGURES
from policy.services.figures.locking import lock_figure
from policy.services.figures.targets import check_value

DATA = Path(__file__).resolve().parents[2] / "data"
SERIES = ("value", "source", "note", "is_approximate")
TARGET = ("value", "is_assumption", "source")


class Unknown(DomainError):
    """A row is of a figure that there is not, or says no source."""

    code = "reference_row_wrong"


class OtherThanPlan(DomainError):
    """A row says another target than a plan that holds: a plan and its figures never say two things."""

    code = "reference_row_other_than_plan"


class Loaded(NamedTuple):
    added: int = 0
    changed: int = 0
    unchanged: int = 0


def read(name: str) -> list[dict[str, Any]]:
    """The rows of a file of this product."""
    rows: list[dict[str, Any]] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return rows


@transaction.atomic
def load_series(*, rows: Iterable[Mapping[str, Any]]) -> Loaded:
    """Bring the national series up to `rows`; the second time a no-op. What a value was before is in its history.

    Raises `Unknown` naming the row, and then writes nothing.
    """
    added = changed = unchanged = 0
    kept = {(row.figure, row.year): row for row in NationalValue.objects.all()}
    for row in rows:
        _require_known(row)
        if row["value"] is not None and not row["source"]:
            raise Unknown(f"{row['figure']} {row['year']}: a value needs a source.")
        wanted = {name: row[name] for name in SERIES}
        found = kept.get((row["figure"], row["year"]))
        if found is None:
            NationalValue.objects.create(figure=row["figure"], year=row["year"], **wanted)
            added += 1
        elif any(getattr(found, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(found, name, value)
            found.save()
            changed += 1
        else:
            unchanged += 1
    return Loaded(added, changed, unchanged)


@transaction.atomic
def load_targets(*, rows: Iterable[Mapping[str, Any]], at: datetime) -> Loaded:
    """Add the plan's targets where a year of a figure has none. What officers set since is theirs and stays.

    Raises `Unknown` or `OtherThanPlan` naming the row, and then writes nothing.
    """
    rows = list(rows)
    for code in sorted({row["figure"] for row in rows}):
        lock_figure(code)
    kept = set(Target.objects.values_list("figure", "year"))
    new = []
    total = 0
    for row in rows:
        _require_known(row)
        total += 1
        if (row["figure"], row["year"]) not in kept:
            _require_same_as_plans(row)
            new.append(
                Target(figure=row["figure"], year=row["year"], set_at=at, **{name: row[name] for name in TARGET})
            )
    Target.objects.bulk_create(new)
    return Loaded(added=len(new), unchanged=total - len(new))


def _require_same_as_plans(row: Mapping[str, Any]) -> None:
    held = PlanTarget.objects.filter(version__state=PlanState.PUBLISHED, figure=row["figure"], year=row["year"])
    other = held.exclude(value=row["value"]).select_related("version").first()
    if other is not None:
        raise OtherThanPlan(
            f"{row['figure']} {row['year']}: value {row['value']} is not what “{other.version.title}” "
            f"v{other.version.version} says, {other.value}. Write that number, or publish a new version of that plan.",
            field="value",
        )


def _require_known(row: Mapping[str, Any]) -> None:
    if row["figure"] not in FIGURES:
        raise Unknown(f"{row['figure']} {row['year']}: there is no such figure.")
    if row["value"] is not None:
        check_value(FIGURES[row["figure"]], row["value"])
