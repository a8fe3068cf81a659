from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.enums import MergeState, OrganizationKind
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
        """To members of the institute, and to officers once it was submitted: as `queries.survey.as_read_by` says."""
        mine = Q(institute__in=institutes_of(user))
        return self.filter(mine | Q(submitted_at__isnull=False)) if governs_survey(user) else self.filter(mine)

    def may_be_given_up_by(self, user: User | AnonymousUser) -> SurveySheetQuerySet:
        """Those of the user's institutes; an officer needs not see what an institute writes to end it for a merger."""
        mine = Q(institute__in=institutes_of(user))
        if governs_survey(user):
            mine |= Q(institute__merges_from__state=MergeState.PROPOSED)
        return self.filter(mine).distinct()

    def standing(self) -> SurveySheetQuerySet:
        """What was not given up."""
        return self.exclude(state=SheetState.WITHDRAWN)

    def open(self) -> SurveySheetQuerySet:
        return self.filter(state__in=OPEN_SHEETS)

    def for_page(self) -> SurveySheetQuerySet:
        return self.select_related("institute", "round", "submitted_by", "decided_by", "begun_by")


class SurveyAnswerQuerySet(models.QuerySet["SurveyAnswer"]):
    def visible_to(self, user: User | AnonymousUser) -> SurveyAnswerQuerySet:
        """To members of the institute, or of the one it was merged into, and to officers."""
        if governs_survey(user):
            return self
        mine = institutes_of(user)
        return self.filter(Q(institute__in=mine) | Q(institute__merged_into__in=mine))

    def current(self) -> SurveyAnswerQuerySet:
        """The newest version of each institute and year: what figures are computed from."""
        return self.filter(replaced_at__isnull=True)

    def by_root(self, organizations: Collection[int] | None = None) -> SurveyAnswerQuerySet:
        """With `root`, the key of the institute that stands for who answered since a merger; only of these."""
        rows = self.annotate(root=Coalesce("institute__merged_into", "institute"))
        return rows if organizations is None else rows.filter(root__in=organizations)


class SurveyFileQuerySet(models.QuerySet["SurveyFile"]):
    def visible_to(self, user: User | AnonymousUser) -> SurveyFileQuerySet:
        """To who answers or governs for the organization that sent it."""
        able = [
            *organizations_with(user, Permission.ANSWER_SURVEY),
            *organizations_with(user, Permission.GOVERN_SURVEY),
        ]
        return self.filter(sender__in=[organization.pk for organization in able])
