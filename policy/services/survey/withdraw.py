"""What was begun is given up: a draft or a correction that nobody goes on with."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import MergeState
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.errors import ChangedMeanwhile, NotAllowed, NotPossibleNow
from policy.enums.survey import SHEET_STATES, SheetState, SheetStepKind
from policy.models import SurveySheet
from policy.services.survey.acting import locked_sheet, require_answerer, require_outsider
from policy.services.survey.submit import write_step


@transaction.atomic
def withdraw_sheet(*, sheet: SurveySheet, revision: int, by: User, at: datetime) -> SurveySheet:
    """Give up a draft, or a correction that was returned: it stays on record, and what was accepted goes on counting.

    By who answers for the institute. By an officer where a merger of the institute waits for it, of whatever is not
    with the office: nobody may work there any more. Raises `NotAllowed`, `IllegalTransition`, `NotPossibleNow` for a
    first answer that was returned (the office waits for it), `ChangedMeanwhile`.
    """
    locked = locked_sheet(sheet)
    is_own = has_permission(by, Permission.ANSWER_SURVEY, locked.institute)
    if not is_own:
        require_answerer(by, locked.institute)  # which lets officers pass
        require_outsider(by, locked.institute)
        if not is_merging(locked.institute):
            raise NotAllowed(_("Only the institute gives it up, as long as nobody proposed to merge it."))
    SHEET_STATES.check(locked, SheetState.WITHDRAWN)
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed these figures while you had them open. Look at them again."))
    if is_own and not may_be_given_up(locked):
        raise NotPossibleNow(_("The office waits for these figures. Change them and send them again."))
    SHEET_STATES.move(
        locked,
        SheetState.WITHDRAWN,
        decided_at=None,
        decided_by=None,
        decision_text="",
        revision=locked.revision + 1,
    )
    write_step(locked, SheetStepKind.WITHDRAWN, by=by, at=at)
    return locked


def may_be_given_up(sheet: SurveySheet) -> bool:
    """By the institute: what was not sent, or corrects what holds."""
    return sheet.state == SheetState.DRAFT or (sheet.state == SheetState.RETURNED and sheet.version > 1)


def is_merging(institute: Organization) -> bool:
    """Whether it is proposed to merge it into another one."""
    return institute.merges_from.filter(state=MergeState.PROPOSED).exists()
