"""Reads for applications: what is required, what is known, what is missing, who waits for whom and until when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.enums.registration import (
    OBJECTION_DAYS,
    OPEN_APPLICATIONS,
    PARTS_OF,
    PARTS_TO_COMPLETE,
    ApplicationPart,
    ApplicationState,
    DocumentKind,
    QualificationKind,
    QualificationState,
    RegistrationKind,
    RegistrationState,
    RequirementKey,
    StaffState,
)
from brokers.models import Application, Qualification, Registration, RequirementVersion, StaffEntry
from brokers.querysets.registration import RegistrationQuerySet
from brokers.requirements import Facts, Finding, Lesson, Licence, Needed, Staff, Work, check
from marketplace.core.days import last_day
from marketplace.core.waiting import Kind, Waiting

S = ApplicationState


# --- who and what -----------------------------------------------------------------------------------------------------


def may_write(user: User, application: Application) -> bool:
    """Whether `user` acts for the applicant: the person, or who may apply for the corporation."""
    if application.kind == RegistrationKind.TRADER:
        return user.is_active and application.applicant_id == user.pk
    return has_permission(user, Permission.APPLY_REGISTRATION, application.organization)


def open_parts(application: Application) -> frozenset[ApplicationPart]:
    """What the applicant can change now. Where completion is asked and nothing is named, everything."""
    every = PARTS_OF[RegistrationKind(application.kind)]
    if application.state == S.DRAFT:
        return frozenset(every)
    if application.state == S.TRAINING:
        return frozenset({ApplicationPart.TRAINING, ApplicationPart.DOCUMENTS})
    if application.state != S.COMPLETION:
        return frozenset()
    if not application.completion_parts:
        return frozenset(every)
    others = (ApplicationPart.BASICS, ApplicationPart.DOCUMENTS)
    found = {part for key in application.completion_parts for part in PARTS_TO_COMPLETE.get(key, others)}
    return frozenset(found & set(every))


def document_kinds(application: Application, kinds: Sequence[DocumentKind]) -> list[DocumentKind]:
    """Of `kinds`, those that can be sent now: while training is to be finished, its certificates only."""
    if application.state == S.TRAINING:
        return [DocumentKind.TRAINING]
    return list(kinds)


def open_application(kind: str, *, organization: Organization | None, user: User) -> Application | None:
    """The one that is under way already; there is one at most."""
    rows = Application.objects.filter(kind=kind, state__in=OPEN_APPLICATIONS)
    if kind == RegistrationKind.AGENCY:
        return rows.filter(organization=organization).first()
    return rows.filter(applicant=user).first()


def registrations_of(kind: str, *, organization: Organization | None, user: User) -> RegistrationQuerySet:
    rows = Registration.objects.filter(kind=kind)
    if kind == RegistrationKind.AGENCY:
        return rows.filter(organization=organization)
    return rows.filter(user=user)


def current_registration(kind: str, *, organization: Organization | None, user: User) -> Registration | None:
    """The registration that stands, so that nothing is to be applied for."""
    return registrations_of(kind, organization=organization, user=user).listed().first()


def cancelled_on(application: Application) -> date | None:
    """The day in Korea of the last cancellation of who applies."""
    rows = registrations_of(application.kind, organization=application.organization, user=application.applicant).filter(
        state=RegistrationState.CANCELLED
    )
    moment: datetime | None = rows.aggregate(last=Max("cancelled_at"))["last"]
    return timezone.localdate(moment) if moment else None


# --- the check --------------------------------------------------------------------------------------------------------


def requirements_in_force(kind: str, day: date) -> RequirementVersion | None:
    return RequirementVersion.objects.in_force_on(day, kind).prefetch_related("requirements").first()


def needed_of(version: RequirementVersion) -> list[Needed]:
    """The lines of a version in their order."""
    lines = sorted(version.requirements.all(), key=lambda line: (line.position, line.pk))
    return [
        Needed(line.key, line.least, line.unit, line.law, route=line.route, is_waived=line.is_waived) for line in lines
    ]


@dataclass(frozen=True)
class Typed:
    """What stands in a form and is not saved yet. None: as it is saved."""

    content: Mapping[str, Any] = field(default_factory=dict)
    career: Sequence[Mapping[str, Any]] | None = None
    training: Sequence[Mapping[str, Any]] | None = None


def _licences(rows: Sequence[Qualification]) -> tuple[Licence, ...]:
    return tuple(
        Licence(row.kind, row.issued_on, is_verified=row.state == QualificationState.VERIFIED)
        for row in rows
        if row.state != QualificationState.REJECTED
    )


def _credentials(person: User) -> tuple[Licence, ...]:
    """What makes the person qualified staff, as `StaffEntryQuerySet.with_qualified` has it: licences, and the
    registration as a trader here, which needs no officer any more and whose cancellation outdoes an older paper.
    """
    licences = _licences(list(person.qualifications.all()))
    rows = list(person.broker_registrations.all())
    stands = [row for row in rows if row.state != RegistrationState.CANCELLED]
    if rows and not stands:
        return tuple(licence for licence in licences if licence.kind != QualificationKind.TRADER)
    here = (
        Licence(QualificationKind.TRADER, timezone.localdate(row.registered_at), is_verified=True) for row in stands
    )
    return (*licences, *here)


def staff_of(organization: Organization) -> list[StaffEntry]:
    """Whom the agency names, with their qualifications and registrations. Three questions."""
    rows = StaffEntry.objects.filter(
        organization=organization, state__in=[StaffState.NAMED, StaffState.CONFIRMED]
    ).select_related("user")
    return list(rows.prefetch_related("user__qualifications", "user__broker_registrations").order_by("from_on", "pk"))


def _staff(organization: Organization) -> list[Staff]:
    return [
        Staff(
            _credentials(entry.user),
            has_confirmed=entry.state == StaffState.CONFIRMED,
            from_on=entry.from_on,
        )
        for entry in staff_of(organization)
    ]


def facts_of(application: Application, *, day: date, typed: Typed | None = None) -> Facts:
    """What is known of `application` on `day`, with what is typed put over it. A fixed number of questions."""
    given = typed or Typed()
    said = {name: getattr(application, name) for name in ("network_url", "network_text", "career_route")}
    said |= {name: value for name, value in given.content.items() if name in said}
    is_agency, organization = application.kind == RegistrationKind.AGENCY, application.organization
    career: Sequence[Mapping[str, Any]] = ()
    training: Sequence[Mapping[str, Any]] = ()
    if not is_agency:
        career = list(application.career.values()) if given.career is None else given.career
        training = list(application.training.values()) if given.training is None else given.training
    return Facts(
        day=day,
        is_corporation=bool(organization and organization.corporate_number),
        staff=_staff(organization) if organization else [],
        documents=frozenset(application.documents.values_list("kind", flat=True)),
        has_network_text=bool(said["network_text"]),
        has_network_url=bool(said["network_url"]),
        route=said["career_route"],
        licences=() if is_agency else _licences(list(application.applicant.qualifications.all())),
        career=[
            Work(row["from_on"], row["to_on"], is_complete=bool(row["employer"] and row["position"])) for row in career
        ],
        training=[
            Lesson(row["hours"], row["finished_on"], is_complete=bool(row["subject"] and row["provider"]))
            for row in training
        ],
        cancelled_on=cancelled_on(application),
    )


@dataclass(frozen=True)
class Check:
    """What `version` says of an application on `day`. Without a version nothing is required yet, and nothing met."""

    version: RequirementVersion | None
    findings: Sequence[Finding]
    newer: RequirementVersion | None = None

    @property
    def met(self) -> int:
        return sum(finding.is_met for finding in self.findings)

    @property
    def total(self) -> int:
        return len(self.findings)

    @property
    def blocking(self) -> list[Finding]:
        """What has to be there before it is handed in. Training may be finished after the committee has met."""
        return [
            finding
            for finding in self.findings
            if finding.outcome == "missing" and finding.key != RequirementKey.TRAINING
        ]


def check_application(application: Application, *, day: date, typed: Typed | None = None) -> Check:
    """By its own version once it was handed in, by the one in force on `day` before; `newer` is what holds besides."""
    in_force = requirements_in_force(application.kind, day)
    version = application.requirements or in_force
    if version is None:
        return Check(None, [])
    findings = check(needed_of(version), facts_of(application, day=day, typed=typed))
    is_newer = in_force is not None and in_force.pk != version.pk
    return Check(version, findings, in_force if is_newer else None)


# --- who waits for whom -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NextStep:
    """What an application waits for. `on` says on whom; `due_on` is the last day, where there is one."""

    on: Literal["applicant", "office", "nobody"]
    text: str
    due_on: date | None = None


def objection_until(application: Application) -> date | None:
    """The last day in Korea on which a refusal can be objected to."""
    if application.state != S.REFUSED or application.decided_at is None:
        return None
    return last_day(timezone.localdate(application.decided_at), days=OBJECTION_DAYS)


def next_step(application: Application, *, day: date) -> NextStep:
    state = application.state
    if state == S.COMPLETION:
        return NextStep("applicant", _("Complete what is named, and hand it in again."), application.completion_due_on)
    if state == S.REFUSED:
        until = objection_until(application)
        if until and until >= day:
            return NextStep("applicant", _("You may object to the refusal."), until)
        return NextStep("nobody", _("The time for an objection has passed. You may apply again."))
    return _WAITS[ApplicationState(state)]()


_WAITS = {
    S.DRAFT: lambda: NextStep("applicant", _("Fill in what is missing, and hand it in.")),
    S.APPLIED: lambda: NextStep("office", _("An officer takes it up.")),
    S.DOC_CHECK: lambda: NextStep("office", _("An officer checks the documents.")),
    S.ADVICE: lambda: NextStep("office", _("The office asks for expert advice.")),
    S.COMMITTEE: lambda: NextStep("office", _("The committee looks at it.")),
    S.TRAINING: lambda: NextStep("applicant", _("Finish the training, enter it and add the certificate.")),
    S.OBJECTED: lambda: NextStep("office", _("An officer decides on the objection.")),
    S.DESIGNATED: lambda: NextStep("nobody", _("It is registered. Nothing is to be done.")),
    S.REJECTED: lambda: NextStep("nobody", _("The objection was rejected. You may apply again.")),
    S.WITHDRAWN: lambda: NextStep("nobody", _("It was withdrawn. You may apply again.")),
}


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """Applications of the person, or of the organization, that lie with the applicant."""
    rows = Application.objects.with_the_applicant()
    mine = rows.filter(kind=RegistrationKind.TRADER, applicant=user)
    if organization is not None and has_permission(user, Permission.APPLY_REGISTRATION, organization):
        mine = mine | rows.filter(kind=RegistrationKind.AGENCY, organization=organization)
    columns = ("public_id", "state", "kind", "number", "completion_due_on")
    yield Kind(mine.order_by("completion_due_on", "pk"), columns, lambda found: _waiting(found, day))


def _waiting(application: Application, day: date) -> Waiting:
    url = reverse("brokers:application", args=[application.public_id])
    if application.state == S.DRAFT:
        return Waiting(_("Go on with the application: %(kind)s") % _kind(application), url)
    if application.state == S.TRAINING:
        return Waiting(_("Enter the training for application %(number)s") % _number(application), url)
    due = application.completion_due_on
    return Waiting(_("Complete application %(number)s") % _number(application), url, due, bool(due and due < day))


def _kind(application: Application) -> dict[str, str]:
    return {"kind": application.get_kind_display()}


def _number(application: Application) -> dict[str, str]:
    return {"number": application.number}
