"""An application is begun and saved, as incomplete as it is; completed where an officer asked for it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from brokers.enums.registration import (
    OPEN_APPLICATIONS,
    ApplicationPart,
    ApplicationState,
    CareerRoute,
    RequirementKey,
    TrainingSubject,
)
from brokers.models import Application, CareerEntry, TrainingEntry
from brokers.models.registration import SHORT_TEXT
from brokers.notices import registration as notices
from brokers.queries.registration import check_application, current_registration, open_application, open_parts
from brokers.services.registration.asking import (
    AlreadyRegistered,
    check_revision,
    require_applicant,
    require_may_apply,
)
from brokers.services.steps import locked_application
from marketplace.core.days import is_plausible
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.text import tidy

MOST_ROWS = 30
CONTENT = {
    "representative": ApplicationPart.BASICS,
    "speciality": ApplicationPart.BASICS,
    "network_url": ApplicationPart.NETWORK,
    "network_text": ApplicationPart.NETWORK,
    "career_route": ApplicationPart.ROUTE,
}
"""What is typed, and the part it belongs to."""
LONGEST = {"representative": 80, "speciality": 300, "network_url": 200, "network_text": SHORT_TEXT, "career_route": 20}


class PartClosed(NotPossibleNow):
    """What is changed is not what can be changed now."""

    code = "part_closed"


@transaction.atomic
def start_application(*, kind: str, organization: Organization | None, by: User, at: datetime) -> Application:
    """Begin a draft, or give the application that is under way: there is one at a time.

    Raises `NotAllowed` and `AlreadyRegistered`.
    """
    require_may_apply(by, kind, organization)
    # Of two who begin at once the second finds what the first began: both wait here for each other.
    if organization is not None:
        Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=organization.pk)
    else:
        User.objects.select_for_update(of=["self"], no_key=True).get(pk=by.pk)
    if registered := current_registration(kind, organization=organization, user=by):
        raise AlreadyRegistered(_("There is a registration already: %(number)s.") % {"number": registered.number})
    if found := open_application(kind, organization=organization, user=by):
        return found
    return Application.objects.create(kind=kind, organization=organization, applicant=by)


@transaction.atomic
def save_application(
    *,
    application: Application,
    revision: int,
    content: Mapping[str, Any],
    career: Sequence[Mapping[str, Any]] | None = None,
    training: Sequence[Mapping[str, Any]] | None = None,
    by: User,
    at: datetime,
) -> Application:
    """Keep what was typed, complete or not. `content` has any of `CONTENT`; rows replace those that are there.

    `career`: employer, position, from_on, to_on; `training`: subject, provider, hours, finished_on; None leaves them.
    Raises `NotAllowed`, `ChangedMeanwhile`, `PartClosed`, and `DomainError` for what cannot be, like a day to come.
    """
    locked = locked_application(application)
    require_applicant(by, locked)
    check_revision(locked, revision)
    require_open(locked, _parts_of(locked, content, career, training))

    today = timezone.localdate(at)
    texts = {name: _text(name, value) for name, value in content.items()}
    works, lessons = _works(career, today), _lessons(training, today)
    for name, value in texts.items():
        setattr(locked, name, value)
    locked.revision += 1
    locked.save(update_fields=[*texts, "revision", "updated_at"])
    if works is not None:
        locked.career.all().delete()
        CareerEntry.objects.bulk_create(CareerEntry(application=locked, **row) for row in works)
    if lessons is not None:
        locked.training.all().delete()
        TrainingEntry.objects.bulk_create(TrainingEntry(application=locked, **row) for row in lessons)
    tell_of_training(locked, at)
    return locked


def require_open(application: Application, parts: set[ApplicationPart]) -> None:
    """Raise `PartClosed` where one of `parts` cannot be changed now."""
    if application.state not in OPEN_APPLICATIONS or not open_parts(application):
        raise PartClosed(_("The application lies with the office. It is changed only while completion is asked."))
    for part in sorted(parts - open_parts(application)):
        raise PartClosed(_("“%(part)s” is not among what is to be completed.") % {"part": part.label})


def _parts_of(application: Application, content: Mapping[str, Any], *rows: object) -> set[ApplicationPart]:
    """What is to be changed; content that stays as it is changes nothing."""
    parts = {CONTENT[name] for name, value in content.items() if _text(name, value) != getattr(application, name)}
    for part, given in zip((ApplicationPart.ROUTE, ApplicationPart.TRAINING), rows, strict=True):
        if given is not None:
            parts.add(part)
    return parts


def tell_of_training(application: Application, at: datetime) -> None:
    """Officers wait for the training to be finished: they hear of it once."""
    if application.state != ApplicationState.TRAINING:
        return
    found = check_application(application, day=timezone.localdate(at)).findings
    if any(finding.key == RequirementKey.TRAINING and finding.is_met for finding in found):
        notices.training_finished(application, at)


# --- what can be typed ------------------------------------------------------------------------------------------------


def _text(name: str, value: Any) -> str:
    text = tidy(str(value or ""))
    if len(text) > LONGEST[name]:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONGEST[name]}, field=name)
    if name == "career_route" and text and text not in CareerRoute.values:
        raise DomainError(_("There is no such route."), field=name)
    return text


def _works(rows: Sequence[Mapping[str, Any]] | None, today: date) -> list[dict[str, Any]] | None:
    if rows is None:
        return None
    _count(rows, "career")
    found = []
    for row in rows:
        first, last = _day(row.get("from_on"), today, "career"), _day(row.get("to_on"), today, "career")
        if first and last and last < first:
            raise DomainError(_("The last day lies before the first."), field="career")
        texts = {name: _name(row.get(name), "career") for name in ("employer", "position")}
        found.append(texts | {"from_on": first, "to_on": last})
    return found


def _lessons(rows: Sequence[Mapping[str, Any]] | None, today: date) -> list[dict[str, Any]] | None:
    if rows is None:
        return None
    _count(rows, "training")
    found = []
    for row in rows:
        subject, hours = row.get("subject") or "", row.get("hours")
        if subject and subject not in TrainingSubject.values:
            raise DomainError(_("There is no such subject."), field="training")
        if hours is not None and not 1 <= hours <= 1_000:
            raise DomainError(_("Hours are a whole number from 1 to 1,000."), field="training")
        day = _day(row.get("finished_on"), today, "training")
        provider = _name(row.get("provider"), "training")
        found.append({"subject": subject, "provider": provider, "hours": hours, "finished_on": day})
    return found


def _count(rows: Sequence[object], field: str) -> None:
    if len(rows) > MOST_ROWS:
        raise DomainError(_("At most %(most)d entries.") % {"most": MOST_ROWS}, field=field)


def _name(value: Any, field: str) -> str:
    text = tidy(str(value or ""))
    if len(text) > 200:
        raise DomainError(_("At most %(most)d characters.") % {"most": 200}, field=field)
    return text


def _day(day: date | None, today: date, field: str) -> date | None:
    if day is None:
        return None
    if not is_plausible(day):
        raise DomainError(_("This day cannot be meant. Check the year."), field=field)
    if day > today:
        raise DomainError(_("This day has not come yet. Leave the last day empty if it goes on."), field=field)
    return day
