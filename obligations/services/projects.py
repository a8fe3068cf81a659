"""R&D projects, as they are entered by hand or brought by an import."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from marketplace.core.days import is_plausible
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.text import tidy
from obligations.ingest.problems import ROW_WORDINGS
from obligations.models import RnDProject
from obligations.numbers import project_key
from obligations.services.asking import is_officer_with, require_revision
from obligations.services.secrecy import forget_in_imports, public_listings_of, withdraw_public
from obligations.services.settle import lock_projects, settle

NUMBER_ONCE = "project_number_once"


class KeyReused(Conflict):
    """The form or request with this key was sent before, with other content."""

    code = "key_reused"


class NumberTaken(Conflict):
    """There is a project of this number, however it is written."""

    code = "project_number_taken"


@dataclass(frozen=True)
class ProjectData:
    """What is said of a project. Money is whole won; days are days in Korea."""

    number: str
    title: str
    ministry: str
    lead: Organization
    starts_on: date
    ends_on: date
    partners: Sequence[Organization] = ()
    programme: str = ""
    investigator_name: str = ""
    investigator_email: str = ""
    completed_on: date | None = None
    report_submitted_on: date | None = None
    report_published_on: date | None = None
    government_won: int = 0
    total_won: int = 0
    is_security: bool = False


COLUMNS = [field.name for field in fields(ProjectData) if field.name != "partners"]
DAYS = ("starts_on", "ends_on", "completed_on", "report_submitted_on", "report_published_on")
TEXTS = ("number", "title", "ministry", "programme", "investigator_name", "investigator_email")


@transaction.atomic
def add_project(*, data: ProjectData, by: User | None, at: datetime, key: UUID | None = None) -> RnDProject:
    """Enter a project; what its agreement already owes is owed at once. `by` None is the house itself.

    With the `key` of a project that is there already nothing is made: the same content answers with that project,
    other content raises `KeyReused` (lessons F48, F57).
    Raises `NotAllowed`, `NumberTaken`, and `DomainError` naming the field.
    """
    _refuse_strangers(data.lead, by)
    _check(data, at)
    project = RnDProject(**columns_of(data), **({"public_id": key} if key else {}))
    if key:
        # The lead's row is the gate: a second call with the same key waits here and then sees the first one's project.
        Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=data.lead.pk)
        if earlier := RnDProject.objects.filter(public_id=key).first():
            if all(getattr(earlier, name) == value for name, value in columns_of(data).items()):
                return earlier
            raise KeyReused(_("This form was sent before with other content. Open the project and change it there."))
    _save(project)
    project.partners.set(data.partners)
    if data.is_security:
        forget_in_imports(keys=[project_key(data.number)])
    settle(projects=[project.pk], at=at)
    return project


@transaction.atomic
def change_project(
    *, project: RnDProject, data: ProjectData, by: User | None, at: datetime, revision: int | None = None
) -> RnDProject:
    """Say anew all that is said of a project; its duties follow. `revision` is the one the person saw.

    Only an officer or an import says that it is, or is not, a security project: it ends every duty. What is public of
    its results is withdrawn in the same transaction. Locks those technologies, then the project.
    Raises `NotAllowed`, `ChangedMeanwhile`, `NumberTaken`, `Conflict`, and `DomainError` naming the field.
    """
    if data.is_security:
        withdraw_public(project=project, by=by, at=at)
    locked = lock_projects([project.pk])[0]
    _refuse_strangers(locked.lead, by)
    require_revision(locked, revision)
    if locked.is_security != data.is_security and by and not is_officer_with(by, Permission.VERIFY_OBLIGATIONS):
        raise NotAllowed(_("Only an officer can say whether this is a security project."))
    _check(data, at)
    if _says_the_same(locked, data):
        return locked
    if data.is_security and public_listings_of(locked).exists():
        raise Conflict(_("A technology of this project was published a moment ago. Try again."))
    if data.is_security and not locked.is_security:
        forget_in_imports(keys=[project_key(locked.number), project_key(data.number)])
    for name, value in columns_of(data).items():
        setattr(locked, name, value)
    locked.revision += 1
    _save(locked)
    locked.partners.set(data.partners)
    settle(projects=[locked.pk], at=at)
    return locked


@transaction.atomic
def delete_project(*, project: RnDProject, by: User, at: datetime) -> None:
    """Mark a project as deleted: nothing of it is owed any more. `restore_project` takes it back."""
    _switch(project, by, at, deleted_at=at)


@transaction.atomic
def restore_project(*, project: RnDProject, by: User, at: datetime) -> None:
    _switch(project, by, at, deleted_at=None)


def find_project(number: str) -> RnDProject | None:
    """The project of this number, however it is written; also a deleted one."""
    return RnDProject.objects.with_keys([project_key(number)]).first()


def _switch(project: RnDProject, by: User, at: datetime, *, deleted_at: datetime | None) -> None:
    locked = lock_projects([project.pk])[0]
    if not is_officer_with(by, Permission.VERIFY_OBLIGATIONS):
        raise NotAllowed(_("Only an officer can delete a project or take that back."))
    if (locked.deleted_at is None) == (deleted_at is None):
        return  # a second click
    RnDProject.objects.filter(pk=locked.pk).update(deleted_at=deleted_at, revision=F("revision") + 1, updated_at=at)
    settle(projects=[locked.pk], at=at)


def _refuse_strangers(lead: Organization, by: User | None) -> None:
    if not is_officer_with(by, Permission.VERIFY_OBLIGATIONS):
        require_member(by, Permission.EDIT_RESULTS, lead)


def _says_the_same(project: RnDProject, data: ProjectData) -> bool:
    """Whether nothing would change: then no new version is made."""
    partners = set(project.partners.values_list("pk", flat=True))
    return partners == {partner.pk for partner in data.partners} and all(
        getattr(project, name) == value for name, value in columns_of(data).items()
    )


def columns_of(data: ProjectData) -> dict[str, object]:
    return {name: tidy(getattr(data, name)) if name in TEXTS else getattr(data, name) for name in COLUMNS}


def _check(data: ProjectData, at: datetime) -> None:
    for name in ("number", "title", "ministry"):
        if not tidy(getattr(data, name)):
            raise DomainError(_("This has to be filled in."), field=name)
    if not any(c.isdigit() for c in project_key(data.number)):
        raise DomainError(_("A project number has digits."), field="number")
    if data.lead.kind != OrganizationKind.INSTITUTE:
        raise DomainError(_("Only an institute leads a project."), field="lead")
    for field, code in project_faults(data=data, today=timezone.localdate(at)):
        raise DomainError(ROW_WORDINGS[code].why, field=field)


def project_faults(*, data: ProjectData, today: date) -> Iterator[tuple[str, str]]:
    """What cannot be, as (field, code of `ingest.problems`): for a form and for a row of a file alike."""
    days = {name: day for name in DAYS if (day := getattr(data, name))}
    yield from ((name, "far_day") for name, day in days.items() if not is_plausible(day))
    if data.ends_on < data.starts_on:
        yield "ends_on", "ends_before_begins"
    if data.government_won < 0 or data.total_won < data.government_won:
        yield "total_won", "total_too_small"
    ahead = ("completed_on", "report_submitted_on", "report_published_on")
    yield from ((name, "day_ahead") for name in ahead if name in days and days[name] > today)
    handed_in, published = data.report_submitted_on, data.report_published_on
    if published and (not handed_in or published < handed_in):
        yield "report_published_on", "published_first"


def _save(project: RnDProject) -> None:
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError as error:
        if NUMBER_ONCE not in str(error):
            raise
        raise NumberTaken(_("There is a project of this number already."), field="number") from error
