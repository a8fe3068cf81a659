"""R&D projects, as they are entered by hand or brought by an import."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Func, Value
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.text import tidy
from obligations.models import RnDProject
from obligations.numbers import project_key
from obligations.services.asking import is_officer_with, require_member, require_revision
from obligations.services.secrecy import public_listings_of, withdraw_public
from obligations.services.settle import lock_projects, settle

NUMBER_ONCE = "project_number_once"


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
TEXTS = ("number", "title", "ministry", "programme", "investigator_name", "investigator_email")


@transaction.atomic
def add_project(*, data: ProjectData, by: User | None, at: datetime) -> RnDProject:
    """Enter a project; what its agreement already owes is owed at once. `by` None is an import.

    Raises `NotAllowed`, `NumberTaken`, and `DomainError` naming the field.
    """
    _refuse_strangers(data.lead, by)
    _check(data, at)
    project = RnDProject(**_columns(data))
    _save(project)
    project.partners.set(data.partners)
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
    if data.is_security and public_listings_of(locked).exists():
        raise Conflict(_("A technology of this project was published a moment ago. Try again."))
    for name, value in _columns(data).items():
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
    key = Func(Upper("number"), Value("[^0-9A-Z]"), Value(""), Value("g"), function="regexp_replace")
    return RnDProject.objects.annotate(key=key).filter(key=project_key(number)).first()


def _switch(project: RnDProject, by: User, at: datetime, *, deleted_at: datetime | None) -> None:
    locked = lock_projects([project.pk])[0]
    if not is_officer_with(by, Permission.VERIFY_OBLIGATIONS):
        raise NotAllowed(_("Only an officer can delete a project or take that back."))
    RnDProject.objects.filter(pk=locked.pk).update(deleted_at=deleted_at, revision=F("revision") + 1, updated_at=at)
    settle(projects=[locked.pk], at=at)


def _refuse_strangers(lead: Organization, by: User | None) -> None:
    if not is_officer_with(by, Permission.VERIFY_OBLIGATIONS):
        require_member(by, Permission.EDIT_RESULTS, lead)


def _columns(data: ProjectData) -> dict[str, object]:
    return {name: tidy(getattr(data, name)) if name in TEXTS else getattr(data, name) for name in COLUMNS}


def _check(data: ProjectData, at: datetime) -> None:
    for name in ("number", "title", "ministry"):
        if not tidy(getattr(data, name)):
            raise DomainError(_("This has to be filled in."), field=name)
    if not any(c.isdigit() for c in project_key(data.number)):
        raise DomainError(_("A project number has digits."), field="number")
    if data.lead.kind != OrganizationKind.INSTITUTE:
        raise DomainError(_("Only an institute leads a project."), field="lead")
    if data.ends_on < data.starts_on:
        raise DomainError(_("The agreement ends before it begins."), field="ends_on")
    if data.government_won < 0 or data.total_won < data.government_won:
        raise DomainError(_("The total is less than what the government gives."), field="total_won")
    today = timezone.localdate(at)
    for name in ("completed_on", "report_submitted_on", "report_published_on"):
        if (day := getattr(data, name)) and day > today:
            raise DomainError(_("This day lies ahead."), field=name)
    if data.report_published_on and (
        not data.report_submitted_on or data.report_published_on < data.report_submitted_on
    ):
        raise DomainError(_("A report is handed in before it is published."), field="report_published_on")


def _save(project: RnDProject) -> None:
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError as error:
        if NUMBER_ONCE not in str(error):
            raise
        raise NumberTaken(_("There is a project of this number already."), field="number") from error
