"""Results of projects: reported, changed, merged where they are one, deleted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from marketplace.core.days import is_plausible
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.text import tidy
from obligations.enums import DutyKind, ResultKind, WhyEnded
from obligations.ingest.problems import ROW_WORDINGS
from obligations.models import Discharge, DutyDraft, Obligation, ResearchResult, RnDProject
from obligations.models.research import BASIS_POINTS
from obligations.numbers import application_digits
from obligations.services.asking import is_officer_with, require_revision
from obligations.services.projects import KeyReused
from obligations.services.secrecy import SecurityProject, refuse_public_number
from obligations.services.settle import lock_projects, settle


class NotThere(Conflict):
    """The result was deleted or merged meanwhile."""

    code = "result_not_there"


@dataclass(frozen=True)
class ResultData:
    """What is said of a result. `owner` is the institute that owes; `number` of a patent is that of its application."""

    kind: str
    title: str
    owner: Organization
    number: str = ""
    inventors: Sequence[tuple[str, str]] = ()
    contribution_bp: int = BASIS_POINTS
    is_expected: bool = False
    completed_on: date | None = None


@transaction.atomic
def add_result(
    *, project: RnDProject, data: ResultData, by: User | None, at: datetime, key: UUID | None = None
) -> ResearchResult:
    """Report a result, or say that one is expected; from its completion it is owed. Locks the project.

    With the `key` of a result that is there already nothing is made (see `projects.add_project`).
    Raises `NotAllowed`, `SecurityProject`, `NotThere`, `KeyReused`, and `DomainError` naming the field.
    """
    locked = lock_projects([project.pk])[0]
    _refuse_strangers(locked, data.owner, by)
    if locked.deleted_at:
        raise NotThere(_("This project was deleted."))
    columns = _columns(locked, data, at)
    if key and (earlier := ResearchResult.objects.filter(public_id=key).first()):
        if earlier.project_id == locked.pk and all(getattr(earlier, n) == value for n, value in columns.items()):
            return earlier
        raise KeyReused(_("This form was sent before with other content. Open the result and change it there."))
    refuse_public_number(project=locked, number=str(columns["number"]))
    result = ResearchResult.objects.create(project=locked, **columns, **({"public_id": key} if key else {}))
    settle(projects=[locked.pk], at=at)
    return result


@transaction.atomic
def change_result(
    *, result: ResearchResult, data: ResultData, by: User | None, at: datetime, revision: int | None = None
) -> ResearchResult:
    """Say anew all that is said of a result; the duty follows. `revision` is the one the person saw."""
    project = lock_projects([result.project_id])[0]
    locked = _lock([result.pk])[0]
    _refuse_strangers(project, locked.owner, by)
    _refuse_gone(locked)
    require_revision(locked, revision)
    columns = _columns(project, data, at)
    if all(getattr(locked, name) == value for name, value in columns.items()):
        return locked
    refuse_public_number(project=project, number=str(columns["number"]))
    for name, value in columns.items():
        setattr(locked, name, value)
    locked.revision += 1
    locked.save()
    settle(projects=[project.pk], at=at)
    return locked


@transaction.atomic
def delete_result(*, result: ResearchResult, by: User | None, at: datetime) -> None:
    """Mark a result as deleted: it is not owed any more. `restore_result` takes it back."""
    project = lock_projects([result.project_id])[0]
    locked = _lock([result.pk])[0]
    _refuse_strangers(project, locked.owner, by)
    _refuse_gone(locked)
    locked.deleted_at, locked.revision = at, locked.revision + 1
    locked.save(update_fields=["deleted_at", "revision", "updated_at"])
    settle(projects=[project.pk], at=at)


@transaction.atomic
def restore_result(*, result: ResearchResult, by: User | None, at: datetime) -> None:
    """Take a deletion back. Of what is not deleted nothing changes: a second click."""
    project = lock_projects([result.project_id])[0]
    locked = _lock([result.pk])[0]
    _refuse_strangers(project, locked.owner, by)
    if locked.deleted_at is None:
        return
    refuse_public_number(project=project, number=locked.number)
    locked.deleted_at, locked.revision = None, locked.revision + 1
    locked.save(update_fields=["deleted_at", "revision", "updated_at"])
    settle(projects=[project.pk], at=at)


@transaction.atomic
def merge_results(*, result: ResearchResult, into: ResearchResult, by: User, at: datetime) -> ResearchResult:
    """Say that `result` is `into`: only that one is owed, and what discharged the other discharges it.

    Both belong to one institute, maybe to two projects. What was merged into `result` before is merged into `into`.
    Locks the projects, then the results. Raises `NotAllowed`, `NotThere`, `SecurityProject`, `DomainError`.
    """
    projects = {p.pk: p for p in lock_projects({result.project_id, into.project_id})}
    rows = {row.pk: row for row in _lock([result.pk, into.pk])}
    if len(rows) == 1:
        raise DomainError(_("Choose another result: this one cannot be merged into itself."), field="into")
    gone, stays = rows[result.pk], rows[into.pk]
    _refuse_strangers(projects[gone.project_id], gone.owner, by)
    _refuse_gone(gone)
    _refuse_gone(stays)
    if gone.owner_id != stays.owner_id:
        raise DomainError(_("Results of two institutes cannot be merged."), field="into")
    if stays.is_expected and not gone.is_expected:
        raise DomainError(_("Report that one first: an expected result is not owed."), field="into")
    if any(project.is_security for project in projects.values()):
        raise SecurityProject(_("Results of a security project cannot be merged."))

    gone.merged_into, gone.revision = stays, gone.revision + 1
    gone.save(update_fields=["merged_into", "revision", "updated_at"])
    gone.merged.update(merged_into=stays, updated_at=at)
    stays.revision += 1
    stays.save(update_fields=["revision", "updated_at"])
    settle(projects=sorted(projects), at=at)
    _move_discharges(gone, stays, by, at)
    settle(projects=sorted(projects), at=at)
    return stays


def _move_discharges(gone: ResearchResult, stays: ResearchResult, by: User, at: datetime) -> None:
    duty = Obligation.objects.filter(kind=DutyKind.LISTING, result=stays).first()
    live = Discharge.objects.filter(obligation__result=gone, ended_at__isnull=True)
    moved = list(live.order_by("pk"))
    live.update(ended_at=at, ended_by=by, why_ended=WhyEnded.MERGED)
    if duty is not None:
        Discharge.objects.bulk_create(
            [Discharge(obligation=duty, listing_id=row.listing_id, at=row.at, by_id=row.by_id) for row in moved],
            ignore_conflicts=True,
        )
        drafts = DutyDraft.objects.on_the_way().filter(obligation__result=gone).order_by("pk")
        DutyDraft.objects.bulk_create(
            [
                DutyDraft(obligation=duty, listing_id=d.listing_id, made_at=d.made_at, made_by_id=d.made_by_id)
                for d in drafts
            ],
            ignore_conflicts=True,
        )


def _lock(ids: Sequence[int]) -> list[ResearchResult]:
    rows = ResearchResult.objects.filter(pk__in=ids).select_related("owner").order_by("pk")
    return list(rows.select_for_update(of=["self"], no_key=True))


def _refuse_strangers(project: RnDProject, owner: Organization, by: User | None) -> None:
    """The institute that owes, or the one that leads the project, or an officer."""
    if is_officer_with(by, Permission.VERIFY_OBLIGATIONS):
        return
    leads = by is not None and project.lead_id in {m.organization_id for m in by.active_memberships()}
    require_member(by, Permission.EDIT_RESULTS, project.lead if leads else owner)


def _refuse_gone(result: ResearchResult) -> None:
    if result.deleted_at or result.merged_into_id:
        raise NotThere(_("This result was deleted or merged into another one."))


def _columns(project: RnDProject, data: ResultData, at: datetime) -> dict[str, object]:
    number = tidy(data.number)
    if data.kind == ResultKind.PATENT and number:
        number = application_digits(number)
        if len(number) != 13:
            raise DomainError(_("The number of a patent application has 13 digits."), field="number")
    if data.kind not in ResultKind.values:
        raise DomainError(_("Choose what kind of result it is."), field="kind")
    if not tidy(data.title):
        raise DomainError(_("This has to be filled in."), field="title")
    if data.owner.kind != OrganizationKind.INSTITUTE:
        raise DomainError(_("Only an institute owes a result."), field="owner")
    if not 1 <= data.contribution_bp <= BASIS_POINTS:
        raise DomainError(_("The contribution is between 0.01 and 100 percent."), field="contribution_bp")
    for field, code in result_faults(project=project, data=data, today=timezone.localdate(at)):
        if code == "no_completion":
            raise DomainError(_("Say when the result was completed."), field=field)
        raise DomainError(ROW_WORDINGS[code].why, field=field)
    return {
        "kind": data.kind,
        "title": tidy(data.title),
        "owner": data.owner,
        "number": number,
        "inventors": [{"name": tidy(name), "email": email.strip().lower()} for name, email in data.inventors],
        "contribution_bp": data.contribution_bp,
        "is_expected": data.is_expected,
        "completed_on": completed_on(project=project, data=data),
    }


def completed_on(*, project: RnDProject, data: ResultData) -> date | None:
    """When a result was completed: as said, else, where it is reported, with its project."""
    return data.completed_on or (None if data.is_expected else project.completed_on)


def result_faults(*, project: RnDProject, data: ResultData, today: date) -> Iterator[tuple[str, str]]:
    """What cannot be, as (field, code of `ingest.problems`): for a form and for a row of a file alike."""
    completed = completed_on(project=project, data=data)
    if not data.is_expected and completed is None:
        yield "completed_on", "no_completion"
    if completed and not is_plausible(completed):
        yield "completed_on", "far_day"
    if completed and not data.is_expected and completed > today:
        yield "completed_on", "day_ahead"
