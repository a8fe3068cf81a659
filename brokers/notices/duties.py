"""What is told about staff, reports, changes and warnings of brokers. Amounts and reasons stand on the pages only."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from brokers.enums.registration import RegistrationKind
from brokers.models import BrokerWarning, ChangeNotice, DealReport, Qualification, Registration, StaffEntry
from brokers.notices.people import officers
from brokers.querysets.duties import own
from notifications import registry
from notifications.outbox import notify


def _visible(model: type[Model]) -> registry.Targets:
    def targets(user: User) -> QuerySet[Any]:
        return model._default_manager.visible_to(user)  # type: ignore[attr-defined, no-any-return]

    return targets


def own_registrations(user: User) -> QuerySet[Registration]:
    return Registration.objects.filter(own(user))


QUALIFICATIONS, STAFF, REPORTS = _visible(Qualification), _visible(StaffEntry), _visible(DealReport)
CHANGES, WARNINGS = _visible(ChangeNotice), _visible(BrokerWarning)


def with_the_day_as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


KINDS: tuple[tuple[str, Any, Any, registry.Targets], ...] = (
    (
        "licence_entered",
        _("A licence waits to be verified"),
        _("“%(name)s” entered it."),
        QUALIFICATIONS,
    ),
    (
        "licence_verified",
        _("Your licence was verified"),
        _("You count as qualified staff where you are named."),
        QUALIFICATIONS,
    ),
    (
        "licence_rejected",
        _("Your licence was not accepted"),
        _("The reason stands with it. You can enter it anew."),
        QUALIFICATIONS,
    ),
    (
        "staff_named",
        _("“%(name)s” names you as full-time qualified staff"),
        _("Say whether it is so. You count for one agency at a time."),
        STAFF,
    ),
    (
        "staff_confirmed",
        _("%(person)s confirmed to be on your staff"),
        _("The page of your staff says who counts."),
        STAFF,
    ),
    (
        "staff_declined",
        _("%(person)s declined to be on your staff"),
        _("Ask the person why, or name somebody else."),
        STAFF,
    ),
    (
        "staff_left",
        _("%(person)s leaves the staff of “%(name)s”"),
        _("The last day is %(day)s."),
        STAFF,
    ),
    (
        "below_minimum",
        _("“%(name)s” is below its minimum of qualified staff"),
        _("Name staff by %(day)s. After that a cancellation case is opened."),
        own_registrations,
    ),
    (
        "minimum_reached",
        _("“%(name)s” has enough qualified staff again"),
        _("The clock has stopped."),
        own_registrations,
    ),
    (
        "report_due",
        _("A deal report of “%(name)s” is due on %(day)s"),
        _("Look through its deals and submit it. A half-year without deals is reported too."),
        REPORTS,
    ),
    (
        "report_missed",
        _("A deal report of “%(name)s” was due on %(day)s"),
        _("Submit it now: three missed reports are a ground for cancellation."),
        REPORTS,
    ),
    (
        "change_suggested",
        _("A change of “%(name)s” has to be told"),
        _("Tell it to the office by %(day)s, or say why it need not be told."),
        CHANGES,
    ),
    (
        "change_waits",
        _("A change of “%(name)s” is not told yet"),
        _("Tell it to the office by %(day)s, or say why it need not be told."),
        CHANGES,
    ),
    (
        "change_filed",
        _("“%(name)s” tells a change"),
        _("Please acknowledge it."),
        CHANGES,
    ),
    (
        "change_acknowledged",
        _("A change of “%(name)s” was acknowledged"),
        _("Nothing more has to be done."),
        CHANGES,
    ),
    (
        "warning_given",
        _("“%(name)s” was warned"),
        _("Read what is to be done, and answer."),
        WARNINGS,
    ),
    (
        "warning_answered",
        _("“%(name)s” answered a warning"),
        _("Lift it when the matter is settled."),
        WARNINGS,
    ),
    (
        "warning_lifted",
        _("A warning of “%(name)s” was lifted"),
        _("The reason stands with it."),
        WARNINGS,
    ),
)
for _kind, _title, _body, _targets in KINDS:
    # A day is given with every message, also where the sentence does not say it.
    registry.register(
        f"broker_{_kind}", title=_title, body=_body, targets=_targets, present=with_the_day_as_people_write_it
    )


def people_of(registration: Registration) -> Iterable[User]:
    """Who acts for the broker towards its office."""
    if registration.kind == RegistrationKind.AGENCY and registration.organization:
        return users_with_permission(registration.organization, Permission.REPORT_TO_OFFICE)
    return [registration.user] if registration.user else []


def name_of(registration: Registration) -> str:
    """An agency by its corporation, a trader by the person."""
    return str(registration.organization if registration.kind == RegistrationKind.AGENCY else registration.user)


def namers(organization: Organization) -> QuerySet[User]:
    return users_with_permission(organization, Permission.NAME_STAFF)


def _tell(
    kind: str, thing: Any, users: Iterable[User], url: str, *, at: datetime, day: date, once: str = "", **params: str
) -> None:
    notify(
        users=users,
        kind=f"broker_{kind}",
        dedupe_key=f"broker_{kind}:{thing.public_id}:{once or at.isoformat()}",
        params=params | {"day": day.isoformat()},
        url=url,
        target=(thing._meta.label_lower, thing.public_id),
        at=at,
    )


def licence_entered(licence: Qualification, at: datetime) -> None:
    url = reverse("brokers:qualification_queue")
    others = officers().exclude(pk=licence.user_id)
    _tell("licence_entered", licence, others, url, at=at, day=licence.issued_on, name=str(licence.user))


def licence_decided(licence: Qualification, kind: str, at: datetime) -> None:
    """`kind` is licence_verified or licence_rejected."""
    _tell(kind, licence, [licence.user], reverse("brokers:qualifications"), at=at, day=licence.issued_on)


def staff(kind: str, entry: StaffEntry, users: Iterable[User], at: datetime) -> None:
    """`kind` is staff_named, staff_confirmed, staff_declined or staff_left; to the person the page is its own."""
    people = list(users)
    for to_person in (True, False):
        group = [user for user in people if (user.pk == entry.user_id) == to_person]
        url = reverse("brokers:qualifications" if to_person else "brokers:staff")
        day = entry.until_on or entry.from_on
        names = {"name": entry.organization.name, "person": str(entry.user)}
        if group:
            _tell(kind, entry, group, url, at=at, day=day, **names)


def minimum(kind: str, registration: Registration, day: date, at: datetime) -> None:
    """`kind` is below_minimum (until `day`) or minimum_reached."""
    url, name = reverse("brokers:staff"), name_of(registration)
    _tell(kind, registration, people_of(registration), url, at=at, day=day, name=name)


def report(report: DealReport, step: int, at: datetime) -> None:
    """`step` is how many days from the day it is due this one is reckoned to be."""
    kind = "report_due" if step <= 0 else "report_missed"
    url, name = reverse("brokers:report", args=[report.public_id]), name_of(report.registration)
    people = people_of(report.registration)
    _tell(kind, report, people, url, at=at, day=report.due_on, once=str(step), name=name)


def change(kind: str, notice: ChangeNotice, at: datetime, *, once: str = "") -> None:
    """`kind` is change_suggested, change_waits or change_acknowledged."""
    url, name = reverse("brokers:change", args=[notice.public_id]), name_of(notice.registration)
    people = people_of(notice.registration)
    _tell(kind, notice, people, url, at=at, day=notice.due_on, once=once, name=name)


def change_filed(notice: ChangeNotice, at: datetime) -> None:
    url, name = reverse("brokers:change", args=[notice.public_id]), name_of(notice.registration)
    _tell("change_filed", notice, officers(), url, at=at, day=notice.happened_on, name=name)


def warning(kind: str, warned: BrokerWarning, users: Iterable[User], at: datetime) -> None:
    """`kind` is warning_given, warning_answered or warning_lifted."""
    url, name = reverse("brokers:warning", args=[warned.public_id]), name_of(warned.registration)
    _tell(kind, warned, users, url, at=at, day=timezone.localdate(at), name=name)
