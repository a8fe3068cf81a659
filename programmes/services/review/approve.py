"""Each stage approves the very list, or sends it back with a reason: other people every time, none of them tied."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Role
from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import ChangedMeanwhile, NotAllowed, NotPossibleNow
from programmes.enums.review import SELECTION_STATES, Decision, PanelistState, SelectionState
from programmes.models import Call, Selection, SelectionApproval
from programmes.models.applications import SHORT_TEXT
from programmes.notices import review as notices
from programmes.queries.ranking import digest_of
from programmes.queries.ties import tie_in
from programmes.services.review.acting import locked_call, require_officer, text_of


@transaction.atomic
def approve(*, selection: Selection, digest: str, text: str = "", by: User, at: datetime) -> SelectionApproval:
    """Approve the list whose `digest` was read, at the stage that is next. Raises `NotAllowed`, `NotPossibleNow`."""
    locked, stage = _next(selection, digest, by)
    made = _write(locked, Decision.APPROVED, text.strip()[:SHORT_TEXT], by, at)
    notices.approved(made, is_last=stage + 1 == len(locked.basis["stages"]))
    return made


@transaction.atomic
def send_back(*, selection: Selection, digest: str, text: str, by: User, at: datetime) -> SelectionApproval:
    """Not approved, with a reason: another selection has to be proposed."""
    locked, _stage = _next(selection, digest, by)
    said = text_of(text, most=SHORT_TEXT, field="text", missing=_("Say why it is sent back."))
    made = _write(locked, Decision.REJECTED, said, by, at)
    SELECTION_STATES.move(locked, SelectionState.REJECTED)
    notices.sent_back(made)
    return made


@transaction.atomic
def take_back(*, selection: Selection, text: str, by: User, at: datetime) -> Selection:
    """The office takes its proposal back with a reason, before it is published: what it is made from was wrong, or
    a firm on it may not have the money. Nobody gets anything by it; the next one passes every stage again.

    Raises `NotAllowed`, `NotPossibleNow`, `DomainError` naming `text`.
    """
    locked = locked_selection(selection)
    require_officer(by, locked.call, Permission.RUN_CALLS)
    if locked.state != SelectionState.PROPOSED:
        raise NotPossibleNow(_("This selection is “%(state)s” now.") % {"state": locked.get_state_display()})
    said = text_of(text, most=SHORT_TEXT, field="text", missing=_("Say why it is taken back."))
    SELECTION_STATES.move(locked, SelectionState.TAKEN_BACK, taken_back_by=by, taken_back_at=at, taken_back_text=said)
    notices.taken_back(locked)
    return locked


def locked_selection(selection: Selection) -> Selection:
    """The call first, then the selection, each under its lock."""
    call = locked_call(selection.call)
    found = Selection.objects.select_for_update(of=["self"]).get(pk=selection.pk)
    found.call = call
    return found


def verified(selection: Selection) -> Selection:
    """The selection, when its lines are still those of its digest."""
    lines = selection.lines.values_list(
        "application__number", "rank", "average", "outcome", "government_won", "own_won", "reason"
    )
    if digest_of(lines) != selection.digest:
        raise ChangedMeanwhile(_("The list is not the one that was proposed. Tell whoever runs the platform."))
    return selection


def require_may_decide(selection: Selection, by: User) -> None:
    """Raise `NotAllowed` with the reason unless `by` may decide at the stage that is next.

    Others than who proposed it, decided at an earlier stage, sat on the panel, or has to do with an applicant.
    """
    stages, position = selection.basis["stages"], selection.approvals.count()
    require_officer(by, selection.call, Permission.DECIDE_SELECTIONS)
    if position < len(stages) and stages[position]["role"] == Role.MANAGER and not _is_manager(by, selection.call):
        raise NotAllowed(_("A manager of the office decides at this stage."))
    if by.pk == selection.proposed_by_id:
        raise NotAllowed(_("You proposed this selection: another officer has to decide."))
    if selection.approvals.filter(by=by).exists():
        raise NotAllowed(_("You decided at an earlier stage: another officer has to decide at this one."))
    seats = selection.call.panelists.filter(user=by)
    if seats.filter(state=PanelistState.ACCEPTED).exists() or seats.filter(scores__isnull=False).exists():
        raise NotAllowed(_("You sat on the panel: another officer has to decide."))
    if why := tie_in(selection.call, by):
        raise NotAllowed(_("Another officer has to do this: %(why)s") % {"why": why})


def _is_manager(by: User, call: Call) -> bool:
    return any(each.organization_id == call.office_id and each.role == Role.MANAGER for each in by.active_memberships())


def _next(selection: Selection, digest: str, by: User) -> tuple[Selection, int]:
    locked = locked_selection(selection)
    # Who has decided is told that it stands, whatever became of the selection since.
    require_officer(by, locked.call, Permission.DECIDE_SELECTIONS)
    if locked.state != SelectionState.PROPOSED:
        raise NotPossibleNow(_("This selection is “%(state)s” now.") % {"state": locked.get_state_display()})
    require_may_decide(locked, by)
    position = locked.approvals.count()
    if position >= len(locked.basis["stages"]):
        raise NotPossibleNow(_("Every stage has approved it. It can be published."))
    if digest != locked.digest:
        raise ChangedMeanwhile(_("This is not the list that is proposed now. Read it again."))
    return verified(locked), position


def _write(selection: Selection, decision: Decision, text: str, by: User, at: datetime) -> SelectionApproval:
    return SelectionApproval.objects.create(
        selection=selection, position=selection.approvals.count() + 1, decision=decision, digest=selection.digest,
        text=text, by=by, at=at,
    )  # fmt: skip
