"""What applicants and officers are told of applications. A message names kind and number; the rest is on the page."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from brokers.enums.registration import RegistrationKind
from brokers.models import Application
from brokers.notices.people import officers
from notifications import registry
from notifications.outbox import notify

APPLICATION = "brokers.application"


def applications_visible_to(user: User) -> QuerySet[Application]:
    return Application.objects.visible_to(user)


def _register(kind: str, title: Any, body: Any) -> None:
    registry.register(kind, title=title, body=body, targets=applications_visible_to)


_register(
    "application_receipt",
    _("Your application %(number)s was handed in"),
    _("Keep the number. Its page says at any time what it waits for."),
)
_register(
    "application_arrived",
    _("An application was handed in (%(number)s)"),
    _("“%(name)s” applies for registration as a broker. Please take it up."),
)
_register(
    "application_completed",
    _("Application %(number)s was completed"),
    _("“%(name)s” handed in what was asked for. Please go on with the check."),
)
_register(
    "application_withdrawn",
    _("Application %(number)s was withdrawn"),
    _("“%(name)s” took it back. Nothing is to be done any more."),
)
_register(
    "application_objected",
    _("Objection to the refusal of %(number)s"),
    _("“%(name)s” objects. Please decide."),
)
_register(
    "application_training_finished",
    _("Training for %(number)s was finished"),
    _("“%(name)s” entered the hours that are needed. Please go on."),
)


def handed_in(application: Application, at: datetime) -> None:
    _tell("application_receipt", application, applicants(application), at)
    _tell("application_arrived", application, officers(), at)


def completed(application: Application, at: datetime) -> None:
    _tell("application_completed", application, officers(), at)


def withdrawn(application: Application, at: datetime) -> None:
    _tell("application_withdrawn", application, officers(), at)


def objected(application: Application, at: datetime) -> None:
    _tell("application_objected", application, officers(), at)


def training_finished(application: Application, at: datetime) -> None:
    _tell("application_training_finished", application, officers(), at, once=True)


def applicants(application: Application) -> Iterable[User]:
    """Who acts for the applicant."""
    if application.kind == RegistrationKind.TRADER or application.organization is None:
        return [application.applicant]
    return users_with_permission(application.organization, Permission.APPLY_REGISTRATION)


def _tell(kind: str, application: Application, users: Iterable[User], at: datetime, *, once: bool = False) -> None:
    """Once for each time it happens: an application may be completed more than once, and each time is a revision."""
    time = "" if once else f":{application.revision}"
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{application.public_id}{time}",
        params={"number": application.number, "name": str(application.of_whom)},
        url=reverse("brokers:application", args=[application.public_id]),
        target=(APPLICATION, application.public_id),
        at=at,
    )
