from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from accounts.enums import OrganizationKind
from accounts.models import User
from accounts.roles import Permission, organizations_with
from policy.enums.survey import OPEN_SHEETS, SheetState

if TYPE_CHECKING:
    from policy.models import SurveyAnswer, SurveyFile, SurveyRound, SurveySheet  # noqa: F401


def governs_survey(user: User | AnonymousUser) -> bool:
    """Whether the user is an officer for the survey, the index and the plans."""
    return bool(organizations_with(user, Permission.GOVERN_SURVEY))


def institutes_of(user: User | AnonymousUser) -> list[int]:
    """The institutes of which the user is a member, in any role."""
    return [
        organization.pk
        for organization in organizations_with(user, Permission.VIEW_ORGANIZATION)
        if organization.kind == OrganizationKind.INSTITUTE
    ]


class SurveyRoundQuerySet(models.QuerySet["SurveyRound"]):
    def newest_first(self) -> SurveyRoundQuerySet:
        return self.order_by("-year")


class SurveySheetQuerySet(models.QuerySet["SurveySheet"]):
    def visible_to(self, user: User | AnonymousUser) -> SurveySheetQuerySet:
        """To members of the institute, and to officers once it was submitted."""
        mine = Q(institute__in=institutes_of(user))
        return self.filter(mine | ~Q(state=SheetState.DRAFT)) if governs_survey(user) else self.filter(mine)

    def open(self) -> SurveySheetQuerySet:
        return self.filter(state__in=OPEN_SHEETS)

    def for_page(self) -> SurveySheetQuerySet:
        return self.select_related("institute", "round", "submitted_by", "decided_by", "begun_by")


class SurveyAnswerQuerySet(models.QuerySet["SurveyAnswer"]):
    def visible_to(self, user: User | AnonymousUser) -> SurveyAnswerQuerySet:
        """To members of the institute and to officers."""
        return self if governs_survey(user) else self.filter(institute__in=institutes_of(user))

    def current(self) -> SurveyAnswerQuerySet:
        """The newest version of each institute and year: what figures are computed from."""
        return self.filter(replaced_at__isnull=True)


class SurveyFileQuerySet(models.QuerySet["SurveyFile"]):
    def visible_to(self, user: User | AnonymousUser) -> SurveyFileQuerySet:
        """To who answers or governs for the organization that sent it."""
        able = [
            *organizations_with(user, Permission.ANSWER_SURVEY),
            *organizations_with(user, Permission.GOVERN_SURVEY),
        ]
        return self.filter(sender__in=[organization.pk for organization in able])
