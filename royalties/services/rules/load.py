"""The versions of the law's rules about royalty, from the files that come with the product."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from marketplace.core.errors import DomainError
from royalties.models import GovernmentRule, LateRule, SharingRule
from royalties.sharing.distribution import DistributionRule
from royalties.sharing.government import Regime

DATA = Path(__file__).resolve().parents[2] / "data"
COMMON = ("label", "effective_from", "source", "is_assumption")
SHARING = (*COMMON, "base", "floors")
GOVERNMENT = (
    *COMMON, "once_bp", "licence_bp", "direct_bp", "by_contribution", "cap_bp", "years_from_first", "years_from_end",
    "pay_days",
)  # fmt: skip
LATE = (*COMMON, "rate_bp", "year_days")


class Published(DomainError):
    """A version that is there would be changed."""

    code = "rule_published"


class Loaded(NamedTuple):
    added: int
    unchanged: int


def read_sharing() -> list[dict[str, Any]]:
    """The rules on sharing in the file, with days as dates."""
    return _read("sharing_rules.json")


def read_government() -> list[dict[str, Any]]:
    """The regimes of royalty paid to the government in the file, with days as dates."""
    return _read("government_rules.json")


def read_late() -> list[dict[str, Any]]:
    """The versions of late interest in the file, with days as dates."""
    return _read("late_rules.json")


@transaction.atomic
def load_late(*, rows: Iterable[Mapping[str, Any]]) -> Loaded:
    """Add the versions of late interest that are not there, as `load_rules` does for the law's rules."""
    done = []
    for row in rows:
        found, is_new = LateRule.objects.get_or_create(
            version=row["version"], defaults={name: row[name] for name in LATE}
        )
        done.append(is_new or _refuse_a_change(found, row, LATE))
    return Loaded(added=sum(done), unchanged=len(done) - sum(done))


@transaction.atomic
def load_rules(*, sharing: Iterable[Mapping[str, Any]], government: Iterable[Mapping[str, Any]]) -> Loaded:
    """Add the versions that are not there. All or none; the second time a no-op.

    Raises `Published` where a version differs from what is there (law that was in force is not rewritten: a new version
    is added), `ValueError` where one cannot be computed with.
    """
    done = []
    for row in sharing:
        DistributionRule.of(row)
        found, is_new = SharingRule.objects.get_or_create(
            law=row["law"], version=row["version"], defaults={name: row[name] for name in SHARING}
        )
        done.append(is_new or _refuse_a_change(found, row, SHARING))
    for row in government:
        Regime.of(row)
        regime, is_new = GovernmentRule.objects.get_or_create(
            version=row["version"], defaults={name: row[name] for name in GOVERNMENT}
        )
        done.append(is_new or _refuse_a_change(regime, row, GOVERNMENT))
    return Loaded(added=sum(done), unchanged=len(done) - sum(done))


def _refuse_a_change(
    found: SharingRule | GovernmentRule | LateRule, row: Mapping[str, Any], names: Iterable[str]
) -> bool:
    if any(getattr(found, name) != row[name] for name in names):
        raise Published(f"{found} is published and never changed: add a new version.")
    return False


def _read(name: str) -> list[dict[str, Any]]:
    rows = json.loads((DATA / name).read_text(encoding="utf-8"))
    return [
        row | {"effective_from": date.fromisoformat(row["effective_from"]) if row["effective_from"] else None}
        for row in rows
    ]
