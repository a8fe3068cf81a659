"""An officer writes a version of the requirements from the one in force; another one publishes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.registration import REQUIREMENT_STATES, RequirementUnit, VersionState
from brokers.models import Requirement, RequirementVersion
from brokers.models.requirements import place_of
from brokers.notices import office as notices
from brokers.queries.office_requirements import version_to_begin_with
from brokers.services.asking import text_of
from brokers.services.office.acting import require_governor
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy

SOURCE_LENGTH, LAW_LENGTH = 500, 300
MOST = {RequirementUnit.PEOPLE: 100, RequirementUnit.MONTHS: 240, RequirementUnit.HOURS: 1_000}
"""Assumption: what is more is a slip of the finger."""


@dataclass(frozen=True)
class Line:
    """What a version asks for: which requirement, how much of it, by which source, or that it is waived."""

    key: str
    route: str
    least: int
    law: str
    is_waived: bool = False

    @property
    def place(self) -> str:
        return place_of(self.key, self.route)


@transaction.atomic
def write_requirements(
    *, kind: str, valid_from: date, source: str, is_assumption: bool, lines: Sequence[Line], by: User, at: datetime
) -> RequirementVersion:
    """A new draft for `kind`, with the lines of the version in force; `lines` say what is different in them.

    Raises `NotAllowed`, `NotPossibleNow` where there is nothing to begin with, and `DomainError` naming the field
    (`valid_from`, `source`, `<place>.least`, `<place>.law`).
    """
    require_governor(by)
    versions = RequirementVersion.objects.filter(kind=kind)
    list(versions.order_by("pk").select_for_update(of=["self"]))  # of two at once each gets a number of its own
    before = version_to_begin_with(kind, timezone.localdate(at))
    if before is None:
        raise NotPossibleNow(_("There is no version to begin with. Load the requirements of the product first."))
    number = (versions.aggregate(most=Max("version"))["most"] or 0) + 1
    made = RequirementVersion(kind=kind, version=number, written_by=by, written_at=at)
    _fill(made, valid_from, source, is_assumption, timezone.localdate(at))
    made.save(force_insert=True)
    _write_lines(made, list(before.requirements.order_by("position", "pk")), lines)
    return made


@transaction.atomic
def edit_requirements(
    *, version: RequirementVersion, valid_from: date, source: str, is_assumption: bool, lines: Sequence[Line],
    revision: int, by: User, at: datetime,
) -> RequirementVersion:  # fmt: skip
    """Change one's own draft. Others write their own: who wrote in it could not publish it.

    Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, and `DomainError` naming the field.
    """
    locked = _locked(version)
    require_governor(by)
    _require_draft(locked)
    if locked.written_by_id != by.pk:
        raise NotAllowed(_("Only who wrote this draft changes it. Write one of your own."))
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this draft while you had it open. Look at it again before saving."))
    _fill(locked, valid_from, source, is_assumption, timezone.localdate(at))
    locked.revision += 1
    locked.written_at = at
    locked.save()
    before = list(locked.requirements.order_by("position", "pk"))
    locked.requirements.all().delete()
    _write_lines(locked, before, lines)
    return locked


@transaction.atomic
def publish_requirements(*, version: RequirementVersion, revision: int, by: User, at: datetime) -> RequirementVersion:
    """It holds from its day on for whoever hands in from then; never by who wrote it, and never changed again.

    Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, and `DomainError` where its day has passed.
    """
    locked = _locked(version)
    require_governor(by)
    _require_draft(locked)
    if locked.written_by_id == by.pk:
        raise NotAllowed(_("You wrote this draft: another officer has to publish it."))
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this draft while you had it open. Read it again before publishing."))
    _check_day(locked.valid_from, timezone.localdate(at))
    other = RequirementVersion.objects.published().filter(kind=locked.kind, valid_from=locked.valid_from).first()
    if other is not None:
        raise NotPossibleNow(_("Version %(number)d holds from that day on already.") % {"number": other.version})
    REQUIREMENT_STATES.move(locked, VersionState.PUBLISHED, published_at=at, published_by=by)
    notices.requirements_published(locked, at)
    return locked


@transaction.atomic
def discard_requirements(*, version: RequirementVersion, by: User) -> RequirementVersion:
    """Throw a draft away; its page stays for officers. Raises `NotAllowed`, `NotPossibleNow`."""
    locked = _locked(version)
    require_governor(by)
    _require_draft(locked)
    REQUIREMENT_STATES.move(locked, VersionState.WITHDRAWN)
    return locked


def _locked(version: RequirementVersion) -> RequirementVersion:
    """The row, locked with all of its kind: of two that hold from one day on, one comes first."""
    rows = RequirementVersion.objects.filter(kind=version.kind)
    return next(row for row in rows.order_by("pk").select_for_update(of=["self"]) if row.pk == version.pk)


def _require_draft(version: RequirementVersion) -> None:
    if version.state == VersionState.PUBLISHED and version.published_by:
        raise NotPossibleNow(_("%(name)s published this before you.") % {"name": version.published_by})
    if version.state != VersionState.DRAFT:
        raise NotPossibleNow(
            _("This version is “%(state)s” and is never changed. Write a new one.")
            % {"state": version.get_state_display()}
        )


def _fill(version: RequirementVersion, valid_from: date, source: str, is_assumption: bool, today: date) -> None:
    _check_day(valid_from, today)
    missing = _("Name the source: everybody can read it.")
    version.source = text_of(source, most=SOURCE_LENGTH, field="source", missing=missing)
    version.valid_from, version.is_assumption = valid_from, is_assumption


def _check_day(day: date, today: date) -> None:
    if day < today:
        raise DomainError(_("A version holds from today on or later: choose such a day."), field="valid_from")


def _write_lines(version: RequirementVersion, before: Sequence[Requirement], lines: Sequence[Line]) -> None:
    """The rows of `before` again, with what `lines` say instead. Which requirements there are is the law's matter."""
    said = {line.place: line for line in lines}
    if unknown := sorted(said.keys() - {row.place for row in before}):
        raise DomainError(_("There is no requirement “%(name)s” in it.") % {"name": unknown[0]}, field="lines")
    made = []
    for position, row in enumerate(before, start=1):
        line = said.get(row.place) or Line(row.key, row.route, row.least, row.law, row.is_waived)
        _check_line(line, row.unit)
        made.append(
            Requirement(
                version=version, position=position, key=row.key, route=row.route, unit=row.unit,
                least=line.least, law=tidy(line.law), is_waived=line.is_waived,
            )
        )  # fmt: skip
    Requirement.objects.bulk_create(made)


def _check_line(line: Line, unit: str) -> None:
    most = MOST.get(RequirementUnit(unit), 1)
    if not 1 <= line.least <= most:
        raise DomainError(_("From %(least)d to %(most)d.") % {"least": 1, "most": most}, field=f"{line.place}.least")
    missing = _("Name the source: everybody can read it.")
    text_of(line.law, most=LAW_LENGTH, field=f"{line.place}.law", missing=missing)
