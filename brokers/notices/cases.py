"""What people are told about cases. A message says which case and when; grounds and reasons stand on the page only."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from brokers.enums.cases import StatementSide
from brokers.enums.registration import RegistrationKind
from brokers.models import CancellationCase, CaseStatement, Hearing, Registration
from brokers.notices.people import officers
from notifications import registry
from notifications.outbox import notify

CASE, REGISTRATION = "brokers.cancellationcase", "brokers.registration"


def cases_visible_to(user: User) -> QuerySet[CancellationCase]:
    return CancellationCase.objects.visible_to(user)


def registrations_visible_to(user: User) -> QuerySet[Registration]:
    return Registration.objects.visible_to(user)


def as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Days and hours in the reader's form; hours are those of Korea."""
    shown = dict(params)
    if shown.get("when"):
        shown["when"] = date_format(timezone.localtime(datetime.fromisoformat(shown["when"])), "SHORT_DATETIME_FORMAT")
    if shown.get("day"):
        shown["day"] = date_format(date.fromisoformat(shown["day"]), "SHORT_DATE_FORMAT")
    return shown


def _register(kind: str, title: Any, body: Any, targets: registry.Targets = cases_visible_to) -> None:
    registry.register(kind, title=title, body=body, targets=targets, present=as_people_write_it)


_register(
    "case_opened",
    _("A case about the registration of “%(broker)s” was opened (%(number)s)"),
    _("Read what it is about. The broker may say something in writing; nothing is decided before a hearing."),
)
_register(
    "case_noticed",
    _("Hearing on %(when)s about the registration of “%(broker)s” (%(number)s)"),
    _("Read where it is held. The broker may come, or say something in writing before."),
)
_register(
    "case_postponed",
    _("The hearing of case %(number)s is on %(when)s now"),
    _("It was postponed. The reason and the place stand with the case."),
)
_register(
    "case_said",
    _("Something was added to case %(number)s"),
    _("A statement about “%(broker)s” came in. Please read it."),
)
_register(
    "case_held",
    _("Case %(number)s waits for a decision"),
    _("The hearing about “%(broker)s” was held, and its record is signed. An officer who took no part in it decides."),
)
_register(
    "case_recorded",
    _("The record of the hearing of case %(number)s can be read"),
    _("Another officer decides now. Until then you may add something in writing."),
)
_register(
    "case_decided",
    _("Case %(number)s was decided"),
    _("The decision about “%(broker)s” and its reasons stand with the case."),
)
_register(
    "case_closed",
    _("Case %(number)s was closed"),
    _("Its ground fell away: nothing changes for “%(broker)s”. The reason stands with the case."),
)
_register(
    "case_suspension_ended",
    _("The suspension of “%(broker)s” has ended"),
    _("It lasted until %(day)s. New mandates and quotes are possible again."),
    registrations_visible_to,
)


def opened(case: CancellationCase, at: datetime) -> None:
    tell("case_opened", case, broker_people(case.registration), at)
    tell("case_opened", case, _others(officers(), case.opened_by), at)


def noticed(hearing: Hearing, at: datetime) -> None:
    _about_a_hearing("case_noticed", hearing, at)


def postponed(hearing: Hearing, earlier: Hearing, at: datetime) -> None:
    _about_a_hearing("case_postponed", hearing, at, also=[earlier.chair])


def said(statement: CaseStatement, at: datetime) -> None:
    """To the other side: who handles the case of the office, or the broker."""
    case = statement.case
    if statement.side == StatementSide.OFFICE:
        users = list(broker_people(case.registration))
    else:
        chairs = [hearing.chair for hearing in case.hearings.select_related("chair")]
        users = [*chairs, case.opened_by] if case.opened_by else [*chairs, *officers()]
    tell("case_said", case, users, at, once=str(statement.public_id))


def held(hearing: Hearing, at: datetime) -> None:
    case = hearing.case
    apart = {case.opened_by_id, hearing.chair_id}
    tell("case_held", case, [user for user in officers() if user.pk not in apart], at)
    tell("case_recorded", case, broker_people(case.registration), at)


def decided(case: CancellationCase, at: datetime) -> None:
    tell("case_decided", case, [*broker_people(case.registration), *_handled(case, but=case.decided_by)], at)


def closed(case: CancellationCase, hearing: Hearing | None, at: datetime) -> None:
    chair = [hearing.chair] if hearing else []
    tell("case_closed", case, [*broker_people(case.registration), *_handled(case, but=case.closed_by), *chair], at)


def suspension_ended(registration: Registration, until: date, at: datetime) -> None:
    notify(
        users=broker_people(registration),
        kind="case_suspension_ended",
        dedupe_key=f"case_suspension_ended:{registration.public_id}:{until.isoformat()}",
        params={"broker": name_of(registration), "day": until.isoformat()},
        url=reverse("brokers:my_cases"),
        target=(REGISTRATION, registration.public_id),
        at=at,
    )


def name_of(registration: Registration) -> str:
    """The agency, or the person who is the trader."""
    if registration.kind == RegistrationKind.AGENCY and registration.organization:
        return registration.organization.name
    return str(registration.user)


def broker_people(registration: Registration) -> list[User]:
    """The trader, or who reports to the office for the agency."""
    if registration.user:
        return [registration.user]
    assert registration.organization is not None
    return list(users_with_permission(registration.organization, Permission.REPORT_TO_OFFICE))


def _others(users: Iterable[User], but: User | None) -> list[User]:
    return [user for user in users if but is None or user.pk != but.pk]


def _handled(case: CancellationCase, *, but: User | None) -> list[User]:
    """The officers who had the case in hand."""
    chairs = [hearing.chair for hearing in case.hearings.select_related("chair")]
    return _others([*chairs, case.opened_by] if case.opened_by else chairs, but)


def _about_a_hearing(kind: str, hearing: Hearing, at: datetime, also: Iterable[User] = ()) -> None:
    case = hearing.case
    users = [*broker_people(case.registration), hearing.chair, *also]
    tell(kind, case, users, at, once=str(hearing.public_id), when=hearing.starts_at.isoformat())


def tell(
    kind: str, case: CancellationCase, users: Iterable[User], at: datetime, *, once: str = "", when: str = ""
) -> None:
    """Officers are led to the officers' page of the case, everybody else to the broker's."""
    people, of_the_broker = list(users), {user.pk for user in broker_people(case.registration)}
    for name, some in (
        ("brokers:my_case", [user for user in people if user.pk in of_the_broker]),
        ("brokers:case", [user for user in people if user.pk not in of_the_broker]),
    ):
        notify(
            users=some,
            kind=kind,
            dedupe_key=f"{kind}:{once or case.public_id}",
            params={"number": case.number, "broker": name_of(case.registration), "when": when},
            url=reverse(name, args=[case.public_id]),
            target=(CASE, case.public_id),
            at=at,
        )
