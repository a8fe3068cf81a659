"""What applicants are told of what officers do, and brokers of new requirements. Reasons stand on the page only."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from accounts.models import User
from accounts.roles import Permission, users_with_permission
from brokers.enums.office import StepKind
from brokers.models import Application, ApplicationStep, Registration, RequirementVersion
from brokers.notices.people import everybody_with
from brokers.notices.registration import APPLICATION, applicants, applications_visible_to
from notifications import registry
from notifications.outbox import notify

REGISTRATION, REQUIREMENTS = "brokers.registration", "brokers.requirementversion"
REGISTERED, PUBLISHED = "registration_published", "requirements_published"


def registrations_visible_to(user: User) -> QuerySet[Registration]:
    return Registration.objects.visible_to(user)


def requirements_visible_to(user: User) -> QuerySet[RequirementVersion]:
    return RequirementVersion.objects.visible_to(user)


def days_as_people_write_them(params: Mapping[str, Any]) -> Mapping[str, Any]:
    if not params.get("day"):
        return params
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any, targets: registry.Targets = applications_visible_to) -> None:
    registry.register(kind, title=title, body=body, targets=targets, present=days_as_people_write_them)


_register(
    "application_completion_asked",
    _("Your application %(number)s has to be completed by %(day)s"),
    _("Read what is missing, part by part, complete it and hand it in again."),
)
_register(
    "application_reminded",
    _("Your application %(number)s waits to be completed by %(day)s"),
    _("After that day it can be refused."),
)
_register(
    "application_committee",
    _("The committee looks at your application %(number)s on %(day)s"),
    _("You are told as soon as it is decided."),
)
_register(
    "application_training",
    _("Training is outstanding for your application %(number)s"),
    _("Enter the training with its certificates as soon as you have finished it."),
)
_register(
    "application_refused",
    _("Your application %(number)s was refused"),
    _("Read the reasons. You may object to them there."),
)
_register(
    "application_upheld",
    _("Your objection was upheld (%(number)s)"),
    _("Your application is checked anew. Nothing has to be handed in again."),
)
_register(
    "application_rejected",
    _("Your objection was rejected (%(number)s)"),
    _("Read the reasons. You may apply again."),
)
_register(
    REGISTERED,
    _("“%(name)s” is registered as %(number)s"),
    _("It stands in the public register from today on."),
    registrations_visible_to,
)

_register(
    PUBLISHED,
    _("New requirements for brokers hold from %(day)s"),
    _("Applications from that day on follow them. Those handed in before keep theirs."),
    requirements_visible_to,
)


def completion_asked(application: Application, step: ApplicationStep) -> None:
    _to_applicant("application_completion_asked", application, step, day=step.data["due_on"])


def reminded(application: Application, step: ApplicationStep) -> None:
    due_on = application.completion_due_on
    _to_applicant("application_reminded", application, step, day=due_on.isoformat() if due_on else "")


def before_committee(application: Application, step: ApplicationStep) -> None:
    _to_applicant("application_committee", application, step, day=step.data["session_on"])


def training_outstanding(application: Application, step: ApplicationStep) -> None:
    _to_applicant("application_training", application, step)


def refused(application: Application, step: ApplicationStep) -> None:
    _to_applicant("application_refused", application, step)


def objection_decided(application: Application, step: ApplicationStep) -> None:
    kind = "application_upheld" if step.kind == StepKind.UPHELD else "application_rejected"
    _to_applicant(kind, application, step)


def registered(registration: Registration) -> None:
    """The trader, or every member of the agency."""
    whose = registration.organization
    if registration.user is not None:
        people: Iterable[User] = [registration.user]
    else:
        people = users_with_permission(whose, Permission.VIEW_ORGANIZATION) if whose else []
    notify(
        users=people,
        kind=REGISTERED,
        dedupe_key=f"{REGISTERED}:{registration.public_id}",
        params={"number": registration.number, "name": str(registration.user or whose)},
        url=reverse("brokers:gazette"),
        target=(REGISTRATION, registration.public_id),
        at=registration.registered_at,
    )


def requirements_published(version: RequirementVersion, at: datetime) -> None:
    """To everybody whom they may concern: managers of brokers, and whoever has an open application."""
    open_ones = Application.objects.open().values("applicant")
    people = everybody_with(Permission.APPLY_REGISTRATION, OrganizationKind.BROKER)
    notify(
        users=people | User.objects.filter(pk__in=open_ones, is_active=True),
        kind=PUBLISHED,
        dedupe_key=f"{PUBLISHED}:{version.public_id}",
        params={"day": version.valid_from.isoformat()},
        url=reverse("brokers:requirements"),
        target=(REQUIREMENTS, version.public_id),
        at=at,
    )


def _to_applicant(kind: str, application: Application, step: ApplicationStep, *, day: str = "") -> None:
    notify(
        users=applicants(application),
        kind=kind,
        dedupe_key=f"{kind}:{step.public_id}",
        params={"number": application.number, "day": day},
        url=reverse("brokers:application", args=[application.public_id]),
        target=(APPLICATION, application.public_id),
        at=step.at,
    )
