"""What people are told of the yearly survey: which year and institute, never a figure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from brokers.notices.fees import with_the_day_as_people_write_it
from brokers.notices.people import everybody_with
from notifications import registry
from notifications.outbox import notify
from policy.models import SurveyRound, SurveySheet

SHEET = "policy.surveysheet"


def sheets_visible_to(user: User) -> QuerySet[SurveySheet]:
    return SurveySheet.objects.visible_to(user)


def _of_a_day(kind: str, title: Any, body: Any) -> None:
    registry.register(kind, title=title, body=body, present=with_the_day_as_people_write_it)


def _of_a_sheet(kind: str, title: Any, body: Any) -> None:
    registry.register(kind, title=title, body=body, targets=sheets_visible_to)


_of_a_day(
    "survey_opened",
    _("The survey of %(year)s is open"),
    _("Say by %(day)s how many technologies were acquired, what research cost and how many people the office has."),
)
_of_a_day(
    "survey_due",
    _("The survey of %(year)s is to be answered by %(day)s"),
    _("Nothing of “%(name)s” has arrived yet."),
)
_of_a_day(
    "survey_late",
    _("The survey of %(year)s was due by %(day)s"),
    _("Nothing of “%(name)s” has arrived yet. It can still be sent."),
)
_of_a_day(
    "survey_moved",
    _("The survey of %(year)s is to be answered by %(day)s"),
    _("The office moved the last day. If you have answered, there is nothing to do."),
)
_of_a_day(
    "survey_due_again",
    _("The survey of %(year)s is to be answered by %(day)s"),
    _("The answer of “%(name)s” was returned. What has to be changed stands on its page: change it and send it again."),
)
_of_a_day(
    "survey_late_again",
    _("The survey of %(year)s was due by %(day)s"),
    _("The answer of “%(name)s” was returned. What has to be changed stands on its page: change it and send it again."),
)
_of_a_sheet(
    "survey_submitted",
    _("“%(name)s” answered the survey of %(year)s"),
    _("Look through the figures, and accept or return them."),
)
_of_a_sheet(
    "survey_returned",
    _("The survey of %(year)s was returned to “%(name)s”"),
    _("What has to be changed stands on its page. Change it and submit it again."),
)
_of_a_sheet(
    "survey_accepted",
    _("The survey of %(year)s by “%(name)s” was accepted"),
    _("From now on the figures of the year are computed from it."),
)


def opened(round: SurveyRound, at: datetime) -> None:
    _tell_everybody("survey_opened", f"survey_opened:{round.public_id}", round, at)


def moved(round: SurveyRound, at: datetime) -> None:
    _tell_everybody("survey_moved", f"survey_moved:{round.public_id}:{round.revision}", round, at)


def _tell_everybody(kind: str, key: str, round: SurveyRound, at: datetime) -> None:
    notify(
        users=everybody_with(Permission.ANSWER_SURVEY, OrganizationKind.INSTITUTE),
        kind=kind,
        dedupe_key=key,
        params={"year": str(round.year), "day": round.due_on.isoformat()},
        url=reverse("policy:survey_year", args=[round.year]),
        at=at,
    )


def reminded(
    round: SurveyRound, institute: Organization, step: int, at: datetime, *, returned: SurveySheet | None = None
) -> None:
    """Once per step and deadline: who gets more time is reminded of the new day. `returned`: what an officer waits for
    to be corrected; else nothing has arrived."""
    kind = "survey_due" if step < 0 else "survey_late"
    year = reverse("policy:survey_year", args=[round.year])
    notify(
        users=users_with_permission(institute, Permission.ANSWER_SURVEY),
        kind=f"{kind}_again" if returned else kind,
        dedupe_key=f"survey_due:{round.public_id}:{institute.public_id}:{round.due_on}:{step}",
        params={"year": str(round.year), "day": round.due_on.isoformat(), "name": institute.name},
        url=reverse("policy:survey_sheet", args=[returned.public_id]) if returned else year,
        at=at,
        scheduled=True,
    )


def submitted(sheet: SurveySheet, at: datetime) -> None:
    _tell("survey_submitted", sheet, everybody_with(Permission.GOVERN_SURVEY, OrganizationKind.GOVERNMENT), at)


def returned(sheet: SurveySheet, at: datetime) -> None:
    _tell("survey_returned", sheet, users_with_permission(sheet.institute, Permission.ANSWER_SURVEY), at)


def accepted(sheet: SurveySheet, at: datetime) -> None:
    _tell("survey_accepted", sheet, users_with_permission(sheet.institute, Permission.ANSWER_SURVEY), at)


def _tell(kind: str, sheet: SurveySheet, users: Iterable[User], at: datetime) -> None:
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{sheet.public_id}:{sheet.revision}",
        params={"year": str(sheet.round.year), "name": sheet.institute.name},
        url=reverse("policy:survey_sheet", args=[sheet.public_id]),
        target=(SHEET, sheet.public_id),
        at=at,
    )
