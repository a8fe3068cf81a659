"""A firm takes its application back, or throws a draft away. What was kept for it is free again, once (lessons F15)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.text import tidy
from programmes.enums.applications import APPLICATION_STATES, ApplicationState
from programmes.enums.review import StepKind
from programmes.events import selection_undone
from programmes.models import Application, ReviewStep
from programmes.models.applications import SHORT_TEXT
from programmes.notices import applications as notices
from programmes.services.applications.acting import (
    check_revision,
    locked_application,
    locked_call,
    require_applicant,
)
from programmes.services.applications.documents import drop
from programmes.services.applications.submit import Submitted

S = ApplicationState


class AgreementSigned(NotPossibleNow):
    """Whoever signed the agreement ends the voucher instead."""

    code = "agreement_signed"


@transaction.atomic
def withdraw(
    *, application: Application, revision: int, text: str = "", confirmed: bool, key: UUID | None = None,
    by: User, at: datetime,
) -> Submitted:  # fmt: skip
    """Take a submitted application back for good. A selection is undone and an agreement that waits is taken away.

    Twice is once: the second answer is the first one, with `is_new` false. Raises `NotAllowed`, `ChangedMeanwhile`,
    `KeyReused`, `AgreementSigned`, `IllegalTransition`, `DomainError` naming `confirmed` or `text`.
    """
    locked_call(application.call)
    locked = locked_application(application)
    require_applicant(by, locked)
    said = tidy(text)
    if len(said) > SHORT_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": SHORT_TEXT}, field="text")
    if locked.state == S.WITHDRAWN:
        if key is not None and key == locked.withdrawal_key and said != locked.withdrawal_text:
            raise KeyReused(_("This key was used with other words. Use a new key for a new request."))
        return Submitted(locked, is_new=False)
    if locked.state == S.AGREED:
        raise AgreementSigned(_("The agreement is signed. Give the voucher up on its page instead."))
    APPLICATION_STATES.check(locked, S.WITHDRAWN)
    if not confirmed:
        raise DomainError(_("Confirm that you withdraw the application for good."), field="confirmed")
    check_revision(locked, revision)
    was_selected = locked.state == S.SELECTED
    APPLICATION_STATES.move(
        locked, S.WITHDRAWN, withdrawn_by=by, withdrawn_at=at, withdrawal_text=said, withdrawal_key=key,
        complete_by=None, revision=locked.revision + 1,
    )  # fmt: skip
    if was_selected:
        selection_undone.send(sender=Application, application=locked, by=by, at=at)
    ReviewStep.objects.create(application=locked, kind=StepKind.WITHDRAWN, by=by, at=at, text=said)
    notices.withdrawn(locked, at)
    return Submitted(locked, is_new=True)


@transaction.atomic
def discard(*, application: Application, revision: int, by: User, at: datetime) -> Application:
    """Throw a draft away, with its papers and everything typed. Raises `NotAllowed`, `ChangedMeanwhile`,
    `IllegalTransition` for what was submitted."""
    locked = locked_application(application)
    require_applicant(by, locked)
    if locked.state == S.DISCARDED:
        return locked
    APPLICATION_STATES.check(locked, S.DISCARDED)
    check_revision(locked, revision)
    _throw_away(locked)
    return locked


@transaction.atomic
def discard_left(*, organization: Organization) -> int:
    """By the house itself: drafts of a firm that was merged into one which writes or has one under the same call. How
    many. Whoever merged holds the firm; locks: applications by key."""
    rows = Application.objects.real().filter(organization=organization, state=S.DRAFT)
    found = [locked_application(each) for each in rows.order_by("pk")]
    for each in found:
        _throw_away(each)
    return len(found)


def _throw_away(draft: Application) -> None:
    for document in draft.documents.all():
        drop(document)
    APPLICATION_STATES.move(draft, S.DISCARDED, plan={}, transfer=None, revision=draft.revision + 1)
