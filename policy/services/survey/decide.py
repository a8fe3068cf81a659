"""An officer looks through what was submitted: it is returned with words, or accepted and then counts."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import ChangedMeanwhile, NotAllowed
from policy.enums.survey import SHEET_STATES, SheetState, SheetStepKind
from policy.models import SurveyAnswer, SurveySheet
from policy.notices import survey as notices
from policy.scheme.survey import FIGURES
from policy.services.survey.acting import locked_sheet, require_governor, require_outsider, words_of
from policy.services.survey.submit import write_step


@transaction.atomic
def return_sheet(*, sheet: SurveySheet, text: str, revision: int, by: User, at: datetime) -> SurveySheet:
    """Send it back to be changed; the institute is told what.

    Raises `NotAllowed`, `IllegalTransition`, `ChangedMeanwhile`, and `DomainError` for `text`.
    """
    locked = _to_decide(sheet, SheetState.RETURNED, revision, by)
    words = words_of(text, field="text", missing=_("Say what has to be changed."))
    SHEET_STATES.move(
        locked,
        SheetState.RETURNED,
        decided_at=at,
        decided_by=by,
        decision_text=words,
        revision=locked.revision + 1,
    )
    write_step(locked, SheetStepKind.RETURNED, by=by, at=at, text=words)
    notices.returned(locked, at)
    return locked


@transaction.atomic
def accept_sheet(*, sheet: SurveySheet, revision: int, by: User, at: datetime) -> SurveyAnswer:
    """From now on the figures of the year are computed from it; a version before it stays, and says until when it held.

    Never by who submitted it. Raises `NotAllowed`, `IllegalTransition`, `ChangedMeanwhile`.
    """
    locked = _to_decide(sheet, SheetState.ACCEPTED, revision, by)
    if locked.submitted_by_id == by.pk:
        raise NotAllowed(_("You submitted these figures: another officer has to accept them."))
    SHEET_STATES.move(locked, SheetState.ACCEPTED, decided_at=at, decided_by=by, revision=locked.revision + 1)
    write_step(locked, SheetStepKind.ACCEPTED, by=by, at=at)
    earlier = SurveyAnswer.objects.filter(institute=locked.institute, year=locked.round.year)
    version = (earlier.aggregate(most=Max("version"))["most"] or 0) + 1
    earlier.current().update(replaced_at=at, updated_at=at)
    answer = SurveyAnswer.objects.create(
        institute=locked.institute,
        year=locked.round.year,
        version=version,
        reason=locked.correction_reason,
        sheet=locked,
        answered_by=locked.submitted_by,
        answered_at=locked.submitted_at or at,
        **{name: getattr(locked, name) for name in FIGURES},
    )
    notices.accepted(locked, at)
    return answer


def _to_decide(sheet: SurveySheet, to: SheetState, revision: int, by: User) -> SurveySheet:
    locked = locked_sheet(sheet)
    require_governor(by)
    require_outsider(by, locked.institute)
    SHEET_STATES.check(locked, to)
    if locked.revision != revision:
        raise ChangedMeanwhile(_("These figures were changed and submitted again. Read them once more."))
    return locked
