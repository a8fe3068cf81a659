"""What applicants and the office are told. Mails carry receipt numbers only: no sums, no names of others."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User
from accounts.relations import family_of
from accounts.roles import Permission, users_with_permission
from notifications import registry
from notifications.outbox import notify
from programmes.models import Application

TARGET = "programmes.application"
TO_OFFICE = "review_application"
"""The page on which officers act; the other one is the applicant's."""


def applications_visible_to(user: User) -> QuerySet[Application]:
    return Application.objects.visible_to(user)


def _register(kind: str, title: Any, body: Any) -> None:
    registry.register(kind, title=title, body=body, targets=applications_visible_to)


_register(
    "programme_submitted",
    _("Your application %(number)s was submitted"),
    _("Keep the number. Its page says at any time where it stands and what comes next."),
)
_register(
    "programme_withdrawn",
    _("Your application %(number)s was withdrawn"),
    _("It was taken back by a member of your firm. Nothing is to be done any more."),
)
_register(
    "programme_withdrawn_office",
    _("Application %(number)s was withdrawn"),
    _("The applicant took it back. Nothing is to be done any more."),
)
_register(
    "programme_completed_office",
    _("Application %(number)s was completed"),
    _("The applicant handed in what was asked for. Please go on with the check."),
)
_register(
    "programme_contract_refused",
    _("Application %(number)s: the contract you entered was not accepted"),
    _("Its page says why. The office may ask you for another one."),
)
_register(
    "programme_call_cancelled",
    _("The call %(number)s was cancelled"),
    _("Your draft cannot be submitted any more. Its page says why."),
)


def submitted(application: Application, at: datetime) -> None:
    """The firm gets its receipt. The office is not mailed: its queue shows it, and there may be thousands."""
    if not application.call.is_rehearsal:
        _tell("programme_submitted", application, applicants(application), at)


def completed(application: Application, at: datetime) -> None:
    _tell("programme_completed_office", application, office(application), at, page=TO_OFFICE)


def withdrawn(application: Application, at: datetime) -> None:
    if not application.call.is_rehearsal:
        _tell("programme_withdrawn", application, applicants(application), at)
    _tell("programme_withdrawn_office", application, office(application), at, page=TO_OFFICE)


def contract_refused(application: Application, at: datetime) -> None:
    if not application.call.is_rehearsal:
        _tell("programme_contract_refused", application, applicants(application), at, cause=at.isoformat())


def call_cancelled(drafts: Iterable[Application], at: datetime) -> None:
    """Whoever is writing one learns that nothing comes of it, by the number of the call: a draft has none."""
    for each in drafts:
        _tell("programme_call_cancelled", each, applicants(each), at, number=each.call.number)


def applicants(application: Application) -> Iterable[User]:
    """Who acts for the firm."""
    return users_with_permission(application.organization, Permission.APPLY_PROGRAMMES)


def office(application: Application) -> QuerySet[User]:
    """Who reviews it. Members of the firm, which it may have been merged into, read none of that as officers."""
    family = family_of(application.organization)
    of_the_firm = Membership.objects.active().filter(organization__in=family).values("user")
    return users_with_permission(application.call.office, Permission.REVIEW_APPLICATIONS).exclude(pk__in=of_the_firm)


def _tell(
    kind: str, application: Application, users: Iterable[User], at: datetime, *, cause: str = "", number: str = "",
    page: str = "application",
) -> None:  # fmt: skip
    """Once for each time it happens: each time is a revision, or has a `cause` of its own."""
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{application.public_id}:{cause or application.revision}",
        params={"number": number or application.number},
        url=reverse(f"programmes:{page}", args=[application.public_id]),
        target=(TARGET, application.public_id),
        at=at,
    )
