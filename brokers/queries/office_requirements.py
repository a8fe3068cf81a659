"""Versions of the requirements: which hold, which come, and what one says differently from the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from accounts.models import User
from brokers.enums.registration import RegistrationKind, VersionState
from brokers.models import Requirement, RequirementVersion
from brokers.querysets.registration import RequirementVersionQuerySet


@dataclass(frozen=True)
class ComparedLine:
    """A requirement of a version beside the same one of the version before. None: that one did not name it."""

    row: Requirement
    before: Requirement | None
    is_first: bool

    @property
    def is_new(self) -> bool:
        return self.before is None and not self.is_first

    @property
    def least_changed(self) -> bool:
        return self.before is not None and self.before.least != self.row.least

    @property
    def waiving_changed(self) -> bool:
        return self.before is not None and self.before.is_waived != self.row.is_waived

    @property
    def law_changed(self) -> bool:
        return self.before is not None and self.before.law != self.row.law

    @property
    def is_changed(self) -> bool:
        return self.is_new or self.least_changed or self.waiving_changed or self.law_changed


@dataclass(frozen=True)
class Compared:
    """A version with its lines. `before` is the published one that held until it; None for the first."""

    version: RequirementVersion
    before: RequirementVersion | None
    lines: list[ComparedLine]
    is_in_force: bool
    is_to_come: bool

    @property
    def changed(self) -> int:
        return sum(line.is_changed for line in self.lines)


def version_to_begin_with(kind: str, day: date) -> RequirementVersion | None:
    """The version in force; where none is, the newest published one."""
    in_force = RequirementVersion.objects.in_force_on(day, kind).first()
    published = RequirementVersion.objects.published().filter(kind=kind)
    return in_force or published.order_by("-valid_from", "-pk").first()


def compared(version: RequirementVersion, day: date) -> Compared:
    """One version beside the published one that held before it."""
    others = RequirementVersion.objects.published().filter(kind=version.kind)
    rows = [row for row in _with_lines(others) if row.pk != version.pk]
    return _compare(version, [*rows, version], day)


def published_versions(day: date) -> dict[str, list[Compared]]:
    """Every published version by kind, the newest first. Two questions."""
    rows = _with_lines(RequirementVersion.objects.published())
    return {
        kind: [_compare(row, [other for other in rows if other.kind == kind], day) for row in rows if row.kind == kind]
        for kind in RegistrationKind.values
    }


def drafts_for(user: User) -> list[RequirementVersion]:
    """Drafts and what was thrown away, the newest first."""
    rows = RequirementVersion.objects.visible_to(user).exclude(state=VersionState.PUBLISHED)
    return list(rows.select_related("written_by").order_by("-written_at", "-pk"))


def _with_lines(rows: RequirementVersionQuerySet) -> list[RequirementVersion]:
    return list(rows.prefetch_related("requirements").order_by("-valid_from", "-pk"))


def _compare(version: RequirementVersion, all_of_kind: Sequence[RequirementVersion], day: date) -> Compared:
    earlier = [
        row for row in all_of_kind
        if row.state == VersionState.PUBLISHED and row.pk != version.pk and row.valid_from < version.valid_from
    ]  # fmt: skip
    before = max(earlier, key=lambda row: (row.valid_from, row.pk), default=None)
    known = {row.place: row for row in before.requirements.all()} if before else {}
    begun = [row for row in all_of_kind if row.state == VersionState.PUBLISHED and row.valid_from <= day]
    newest = max(begun, key=lambda row: (row.valid_from, row.pk), default=None)
    lines = sorted(version.requirements.all(), key=lambda row: (row.position, row.pk))
    return Compared(
        version=version,
        before=before,
        lines=[ComparedLine(row, known.get(row.place), before is None) for row in lines],
        is_in_force=newest is not None and newest.pk == version.pk,
        is_to_come=version.state == VersionState.PUBLISHED and version.valid_from > day,
    )
