"""The firm hands in again what the office asked to be completed, until the day it named."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.idempotency import KeyReused
from programmes.enums.applications import APPLICATION_STATES, ApplicationState, Part
from programmes.enums.review import StepKind
from programmes.models import Application, ReviewStep
from programmes.notices import applications as notices
from programmes.queries.sections import open_parts, sheet_of
from programmes.services.applications.acting import (
    check_revision,
    locked_application,
    locked_call,
    require_applicant,
    require_in_time,
)
from programmes.services.applications.flags import flag_application
from programmes.services.applications.submit import NotComplete, Submitted, digest_of, freeze, require_ready

S = ApplicationState
LOOKED_AT_AGAIN = frozenset({Part.FACTS, Part.TECHNOLOGY, Part.DECLARATIONS})
"""When one of these was asked for, what is known of the firm is read anew; else what was frozen stays."""


@transaction.atomic
def complete(
    *, application: Application, revision: int, declared: bool, key: UUID | None = None, by: User, at: datetime
) -> Submitted:
    """Completion → submitted. The receipt number and the day of submission stay.

    The same `key` once more gives what was handed in; with another revision it is `KeyReused`. Raises `NotAllowed`,
    `ChangedMeanwhile`, `TooLate`, `NotComplete`, `IllegalTransition`.
    """
    locked_call(application.call)
    locked = locked_application(application)
    require_applicant(by, locked)
    done = locked.steps.filter(kind=StepKind.COMPLETED)
    if key is not None and (before := done.filter(data__key=str(key)).first()):
        if before.data["revision"] != revision:
            raise KeyReused(_("This key was used to hand in another revision. Use a new key for a new request."))
        return Submitted(locked, is_new=False)
    if locked.state == S.SUBMITTED and done.exists():
        return Submitted(locked, is_new=False)  # the second click
    APPLICATION_STATES.check(locked, S.SUBMITTED)
    if locked.state != S.COMPLETION:
        APPLICATION_STATES.refuse(locked, S.SUBMITTED)
    require_in_time(locked, at)
    check_revision(locked, revision)
    asked = open_parts(locked)
    sheet = sheet_of(locked, timezone.localdate(at))
    if asked & LOOKED_AT_AGAIN:
        require_ready(sheet, declared)
        frozen = freeze(locked, sheet, timezone.localdate(at))
    else:
        if missing := [text for part in asked for text in sheet.section(part).missing]:
            raise NotComplete(missing[0])
        if not declared:
            require_ready(sheet, declared)
        papers = {key: document.sha256 for key, document in sheet.documents.items()}
        frozen = {"digest": digest_of(locked, facts=locked.facts, checked=locked.checked, papers=papers)}
    if asked & (LOOKED_AT_AGAIN | {Part.SERVICES}):  # the band is that of the sales that are kept
        frozen |= {"government_won": sheet.sums.government_won, "own_won": sheet.sums.own_won}
    APPLICATION_STATES.move(locked, S.SUBMITTED, **frozen, complete_by=None, reason="", revision=locked.revision + 1)
    flag_application(application=locked, at=at)
    data = {"key": str(key), "revision": revision} if key else {}
    ReviewStep.objects.create(application=locked, kind=StepKind.COMPLETED, by=by, at=at, data=data)
    notices.completed(locked, at)
    return Submitted(locked, is_new=True)


def completed_with(application: Application, key: UUID | None) -> bool:
    """Whether this key came with something that was handed in again."""
    return key is not None and application.steps.filter(kind=StepKind.COMPLETED, data__key=str(key)).exists()
