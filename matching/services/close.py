"""A need ends, by the firm or because its day has long passed; and may be opened again."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, has_permission
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.text import tidy
from matching import notices
from matching.enums import NEED_STATES, NeedOutcome, NeedState
from matching.models import Need
from matching.outbox import match_after_commit
from matching.services.post import check_date, refuse_unless_posting

BY_HAND = (NeedOutcome.FOUND, NeedOutcome.NO_SUPPLY, NeedOutcome.WITHDRAWN)
REMIND_BEFORE = timedelta(days=3)
EXPIRES_AFTER = timedelta(days=14)


class NeedClosed(Conflict):
    """Somebody closed it meanwhile, or its day passed."""

    code = "need_closed"


def refuse_if_closed(need: Need) -> None:
    if not need.is_open:
        raise NeedClosed(
            _("This need was closed: %(outcome)s. It can be opened again.") % {"outcome": need.get_outcome_display()}
        )


@transaction.atomic
def close(*, need: Need, outcome: str, note: str = "", by: User, at: datetime) -> Need:
    """Say how it ended. Whoever answered is told. Raises `NotAllowed`, `NeedClosed`, `DomainError` (outcome, note)."""
    locked = Need.objects.select_for_update(of=["self"], no_key=True).select_related("organization").get(pk=need.pk)
    refuse_unless_posting(by, locked.organization)
    refuse_if_closed(locked)
    note = tidy(note)
    if outcome not in BY_HAND:
        raise DomainError(_("Say how it ended."), field="outcome")
    longest = Need._meta.get_field("closing_note").max_length or 0
    if len(note) > longest:
        raise DomainError(_("At most %(most)d characters.") % {"most": longest}, field="note")
    NEED_STATES.move(
        locked,
        NeedState.CLOSED,
        outcome=outcome,
        closing_note=note,
        closed_at=at,
        closed_by=by,
        due_at=None,
        revision=locked.revision + 1,
    )
    notices.closed(locked, at)
    return locked


@transaction.atomic
def reopen(*, need: Need, answer_by: date | None, by: User, at: datetime) -> Need:
    """Look again, with a new day to answer by; answers and matches stay, all listings are asked anew. It is `by`'s from
    then on where its owner may no longer post for the firm.

    Raises `NotAllowed`, `Conflict` where it is open, `DomainError` naming the date.
    """
    locked = (
        Need.objects.select_for_update(of=["self"], no_key=True).select_related("organization", "owner").get(pk=need.pk)
    )
    refuse_unless_posting(by, locked.organization)
    NEED_STATES.check(locked, NeedState.OPEN)
    check_date(answer_by, at)
    stays = has_permission(locked.owner, Permission.POST_NEEDS, locked.organization)
    NEED_STATES.move(
        locked,
        NeedState.OPEN,
        owner=locked.owner if stays else by,
        idempotency_key=locked.idempotency_key if stays else None,
        outcome="",
        closing_note="",
        closed_at=None,
        closed_by=None,
        reminded_at=None,
        answer_by=answer_by,
        opened_at=at,
        due_at=at,
        attempts=0,
        revision=locked.revision + 1,
    )
    match_after_commit()
    return locked


def due_for_attention(day: date) -> QuerySet[Need]:
    """Open needs to remind of (three days before their day, once), and those whose day passed two weeks ago."""
    soon = Q(answer_by__gte=day, answer_by__lte=day + REMIND_BEFORE, reminded_at__isnull=True)
    return Need.objects.open().filter(soon | Q(answer_by__lt=day - EXPIRES_AFTER)).order_by("answer_by", "pk")


@transaction.atomic
def attend(*, need_id: int, at: datetime) -> bool:
    """Remind the owner, or close what has expired; whether anything was done. Safe to run twice, and two at once."""
    rows = Need.objects.select_for_update(of=["self"], no_key=True, skip_locked=True).select_related("organization")
    need = rows.filter(pk=need_id).first()
    if need is None or not need.is_open:
        return False
    today = timezone.localdate(at)
    if need.answer_by < today - EXPIRES_AFTER:
        NEED_STATES.move(
            need,
            NeedState.CLOSED,
            outcome=NeedOutcome.EXPIRED,
            closed_at=at,
            due_at=None,
            revision=need.revision + 1,
        )
        notices.expired(need, at)
        return True
    if not today <= need.answer_by <= today + REMIND_BEFORE or need.reminded_at is not None:
        return False
    need.reminded_at = at
    need.save(update_fields=["reminded_at", "updated_at"])
    notices.due_soon(need, at)
    return True
