"""Figures go to the office: complete, and with a reason where they are far from last year's."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow
from marketplace.core.models import field_of
from policy.enums.survey import SHEET_STATES, SheetState, SheetStepKind
from policy.models import SurveySheet, SurveyStep
from policy.notices import survey as notices
from policy.queries.survey import jumps_of
from policy.scheme.survey import FIGURES, Figures, Jump
from policy.services.survey.acting import locked_sheet, require_answerer


class Unexplained(DomainError):
    """A figure is far from last year's, and nobody said why."""

    code = "survey_unexplained"


@transaction.atomic
def submit_sheet(*, sheet: SurveySheet, revision: int, by: User, at: datetime) -> SurveySheet:
    """Submit it: officers are told, and it stays as it is until one of them returns or accepts it.

    After the deadline too; it is then shown as late. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`,
    `DomainError` for the first figure that is missing, `Unexplained` (field `reason_<figure>`).
    """
    locked = locked_sheet(sheet)
    require_answerer(by, locked.institute)
    SHEET_STATES.check(locked, SheetState.SUBMITTED)
    if locked.institute.is_gone:
        raise NotPossibleNow(_("Only institutes that stand answer the survey."))
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed these figures while you had them open. Look at them again."))
    for name in FIGURES:
        if getattr(locked, name) is None:
            raise DomainError(_("Fill in this figure; 0 where there was none."), field=name)
    for jump in jumps_of(locked):
        if not locked.reasons.get(jump.figure):
            raise Unexplained(jump_words(jump), field=f"reason_{jump.figure}")
    SHEET_STATES.move(
        locked,
        SheetState.SUBMITTED,
        submitted_at=at,
        submitted_by=by,
        decided_at=None,
        decided_by=None,
        decision_text="",
        revision=locked.revision + 1,
    )
    write_step(locked, SheetStepKind.SUBMITTED, by=by, at=at)
    notices.submitted(locked, at)
    return locked


def jump_words(jump: Jump) -> str:
    """What a person reads who has to explain the figure."""
    return _(
        "%(figure)s: %(now)s, and %(before)s the year before. Check the figure. If it is right, say in a sentence why "
        "it changed so much."
    ) % {
        "figure": field_of(SurveySheet, jump.figure).verbose_name,
        "now": f"{jump.now:,}",
        "before": f"{jump.before:,}",
    }


def write_step(sheet: SurveySheet, kind: SheetStepKind, *, by: User, at: datetime, text: str = "") -> SurveyStep:
    """Add a line to the sheet's history, with its figures as they are; it is never changed afterwards."""
    figures = Figures.of(sheet).as_json()
    return SurveyStep.objects.create(
        sheet=sheet, kind=kind, figures=figures, reasons=sheet.reasons, text=text, at=at, by=by
    )
