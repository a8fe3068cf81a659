"""What every service of the survey asks first, inside its lock."""

from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy
from policy.models import SurveySheet
from policy.models.survey import REASON_LENGTH
from policy.querysets.survey import governs_survey


def require_answerer(by: User, institute: Organization) -> None:
    """Raise `NotAllowed` unless `by` answers for the institute, or is an officer, who may bring in any answer."""
    if not has_permission(by, Permission.ANSWER_SURVEY, institute) and not governs_survey(by):
        raise NotAllowed(_("Only managers and staff of “%(name)s” answer its survey.") % {"name": institute})


def require_governor(by: User) -> None:
    """Raise `NotAllowed` unless `by` is an officer for survey, index and plans."""
    if not governs_survey(by):
        raise NotAllowed(_("Only officers who run the survey can do this."))


def require_outsider(by: User, institute: Organization) -> None:
    """Raise `NotAllowed` where `by` belongs to the institute about which is decided."""
    if any(membership.organization_id == institute.pk for membership in by.active_memberships()):
        raise NotAllowed(_("You belong to “%(name)s”: another officer has to decide.") % {"name": institute})


def locked_institute(institute: Organization) -> Organization:
    """The row under its lock: sheets of one institute are begun one by one.

    Raises `NotPossibleNow` where it is no institute that stands.
    """
    found = Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=institute.pk)
    if found.kind != OrganizationKind.INSTITUTE or found.is_gone:
        raise NotPossibleNow(_("Only institutes that stand answer the survey."))
    return found


def locked_sheet(sheet: SurveySheet) -> SurveySheet:
    """The row under its lock; of two at once the second finds what the first did."""
    rows = SurveySheet.objects.select_for_update(of=["self"])
    return rows.select_related("institute", "round", "submitted_by").get(pk=sheet.pk)


def words_of(given: str, *, field: str, missing: str, most: int = REASON_LENGTH) -> str:
    """The words as they are stored. Raises `DomainError` where there are none (`missing`), or too many."""
    text = tidy(given)
    if not text:
        raise DomainError(missing, field=field)
    if len(text) > most:
        raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=field)
    return text
