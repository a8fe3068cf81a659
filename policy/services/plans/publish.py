"""A plan is published by another officer than the one who wrote it last, and what becomes of it is entered."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed
from policy.enums.plans import PLAN_STATES, PlanState, ProgressState
from policy.models import Measure, Plan, PlanProgress, PlanVersion
from policy.services.figures.targets import take_from_plan
from policy.services.plans.write import locked_draft
from policy.services.survey.acting import require_governor, words_of

PROGRESS_LENGTH = 1_000


class OtherProgress(Conflict):
    """The key was used for another entry."""

    code = "key_used"


class Entered(NamedTuple):
    """`is_new` is False where the same key entered it before."""

    entry: PlanProgress
    is_new: bool


@transaction.atomic
def publish_plan(*, version: PlanVersion, revision: int, by: User, at: datetime) -> PlanVersion:
    """Everybody reads it from now on, and it replaces the version before it. Never by who wrote it last.

    Its targets become the targets of its figures; those that it names no more are taken back. Raises `NotAllowed`,
    `NotPossibleNow`, `ChangedMeanwhile`, `OtherInPlan` where another plan says
    another number, and `DomainError` where it promises nothing yet.
    """
    locked = locked_draft(version, by)
    if locked.written_by_id == by.pk:
        raise NotAllowed(_("You wrote in this draft last: another officer has to publish it."))
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this draft while you had it open. Read it again before publishing."))
    if not locked.measures.exists():
        raise DomainError(_("The plan has no measure yet. Add one before it is published."))
    before = PlanVersion.objects.published().filter(plan=locked.plan_id).first()
    if before is not None:
        PLAN_STATES.move(before, PlanState.SUPERSEDED, superseded_at=at)
    PLAN_STATES.move(locked, PlanState.PUBLISHED, published_at=at, published_by=by)
    take_from_plan(version=locked, before=before, by=by, at=at)
    return locked


@transaction.atomic
def enter_progress(
    *, plan: Plan, code: int, state: str, text: str, by: User, at: datetime, key: UUID | None = None
) -> Entered:
    """How a measure of the published version stands. Append-only: what was wrong is said in a new entry.

    The same `key` enters once. Raises `NotAllowed`, `OtherProgress`, and `DomainError` naming the field.
    """
    locked = Plan.objects.select_for_update(of=["self"]).get(pk=plan.pk)
    require_governor(by)
    words = words_of(text, field="text", missing=_("Say what was done."), most=PROGRESS_LENGTH)
    if key is not None and (earlier := PlanProgress.objects.filter(key=key).first()):
        if (earlier.plan_id, earlier.code, earlier.state, earlier.text) != (locked.pk, code, state, words):
            raise OtherProgress(_("This key was used for another entry. Take a new one."))
        return Entered(earlier, False)
    if state not in ProgressState.values:
        raise DomainError(_("There is no such state."), field="state")
    published = Measure.objects.filter(version__plan=locked, version__state=PlanState.PUBLISHED, code=code)
    if not published.exists():
        raise DomainError(_("The published plan has no such measure."), field="code")
    entry = PlanProgress.objects.create(plan=locked, code=code, state=state, text=words, key=key, at=at, by=by)
    return Entered(entry, True)
