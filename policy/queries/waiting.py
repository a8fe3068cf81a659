"""What of the yearly survey waits on a person, for the home page: to be answered, corrected, or looked through."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.waiting import Kind, Waiting
from policy.enums.survey import SheetState
from policy.models import SurveyAnswer, SurveyRound, SurveySheet

YEARS_ASKED = 2
"""Of so many years an institute is reminded; what was never answered before them is not asked for any more."""


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    if organization is None:
        return
    if has_permission(user, Permission.ANSWER_SURVEY, organization):
        yield _to_answer(organization, day)
        yield _to_correct(organization, day)
    if has_permission(user, Permission.GOVERN_SURVEY, organization):
        yield _to_look_through(user)


def _to_answer(organization: Organization, day: date) -> Kind:
    """Years of which the office has nothing, and those of which something is written and not sent."""
    sheets = SurveySheet.objects.standing().filter(round=OuterRef("pk"), institute=organization)
    holds = SurveyAnswer.objects.current().by_root([organization.pk]).filter(year=OuterRef("year"))
    newest = SurveyRound.objects.newest_first().values("pk")[:YEARS_ASKED]
    rows = SurveyRound.objects.filter(
        Q(Exists(sheets.filter(state=SheetState.DRAFT))) | ~Exists(sheets) & ~Exists(holds), pk__in=newest
    )

    def tell(round: SurveyRound) -> Waiting:
        title = _("Answer the survey of %(year)d for %(name)s")
        return _of_year(title, organization, round, day)

    return Kind(rows.newest_first(), ("year", "due_on"), tell)


def _to_correct(organization: Organization, day: date) -> Kind:
    rows = SurveySheet.objects.filter(institute=organization, state=SheetState.RETURNED)

    def tell(sheet: SurveySheet) -> Waiting:
        title = _("Correct the survey of %(year)d for %(name)s: it was returned")
        return _of_year(title, organization, sheet.round, day)

    return Kind(rows.order_by("-round__year"), ("round__year", "round__due_on"), tell)


def _of_year(title: str, organization: Organization, round: SurveyRound, day: date) -> Waiting:
    words = {"year": round.year, "name": organization.display_name}
    url = reverse("policy:survey_year", args=[round.year])
    return Waiting(title % words, url, round.due_on, round.due_on < day)


def _to_look_through(user: User) -> Kind:
    """Not what the user submitted, and nothing of an institute to which the user belongs: others decide that."""
    mine = [membership.organization_id for membership in user.active_memberships()]
    rows = SurveySheet.objects.filter(state=SheetState.SUBMITTED)
    rows = rows.exclude(submitted_by=user.pk).exclude(institute__in=mine)

    def tell(sheet: SurveySheet) -> Waiting:
        words = {"year": sheet.round.year, "name": sheet.institute.display_name}
        url = reverse("policy:survey_sheet", args=[sheet.public_id])
        return Waiting(_("Look through the survey of %(year)d by %(name)s") % words, url)

    columns = ("public_id", "round__year", "institute__name", "institute__name_en", "institute__name_zh")
    return Kind(rows.order_by("submitted_at", "pk"), columns, tell)
