"""A draft becomes the guideline, by another officer than those who wrote it; and what becomes of the one before."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.fees import SCHEDULE_STATES, ScheduleState
from brokers.models import FeeSchedule
from brokers.notices import fees as notices
from brokers.services.asking import require_officer, text_of
from brokers.services.fees.write_schedule import check_valid_from
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow

REASON_LENGTH = 500
ALIVE = (ScheduleState.DRAFT, ScheduleState.PUBLISHED)


@transaction.atomic
def publish_schedule(*, schedule: FeeSchedule, revision: int, by: User, at: datetime) -> FeeSchedule:
    """Publish a draft: it holds from its day on, and everybody who quotes fees is told. Never who wrote in it.

    `revision` is the one the officer read. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, and `DomainError`
    where something is missing yet.
    """
    locked = _locked(schedule)
    require_officer(by)
    if locked.state != ScheduleState.DRAFT:
        raise NotPossibleNow(_already(locked))
    writers = set(locked.writings.values_list("written_by", flat=True))
    if by.pk in writers:
        raise NotAllowed(_("You wrote in this draft: another officer has to publish it."))
    if not writers:
        raise DomainError(_("This draft came with the product. An officer has to look through it and save it first."))
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this draft while you had it open. Read it again before publishing."))
    today = timezone.localdate(at)
    if locked.valid_from is None:
        raise DomainError(_("The draft does not say yet from which day on it holds."), field="valid_from")
    check_valid_from(locked.valid_from, today)
    if not locked.tiers.filter(from_won=0).exists():
        raise DomainError(_("The first bracket begins at 0 won: give its rate."), field="tiers")
    same_day = FeeSchedule.objects.guidelines().published().filter(valid_from=locked.valid_from)
    if other := same_day.first():
        raise NotPossibleNow(
            _("“%(name)s” holds from that day on already. Withdraw it first, or choose another day.")
            % {"name": other.display_name}
        )

    SCHEDULE_STATES.move(locked, ScheduleState.PUBLISHED, published_at=at, published_by=by)
    _supersede(today, at)
    notices.guideline_published(locked, at)
    return locked


@transaction.atomic
def withdraw_schedule(*, schedule: FeeSchedule, reason: str, by: User, at: datetime) -> FeeSchedule:
    """Take back a published version, or throw a draft away. What it superseded does not come back by itself.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = _locked(schedule)
    require_officer(by)
    if locked.state not in ALIVE:
        raise NotPossibleNow(_already(locked))
    if locked.reference and locked.published_at:
        raise NotPossibleNow(_("This table comes with the product, for comparison, and stays."))
    reason = text_of(reason, most=REASON_LENGTH, field="reason", missing=_("Say why: everybody can read it."))
    was_published = locked.state == ScheduleState.PUBLISHED
    SCHEDULE_STATES.move(locked, ScheduleState.WITHDRAWN, withdrawn_at=at, withdrawn_by=by, withdrawal_reason=reason)
    if was_published:
        notices.guideline_withdrawn(locked, at)
    return locked


@transaction.atomic
def supersede(*, at: datetime) -> int:
    """Mark the published versions that a newer one has followed by now; how many. Each night; twice is as once.

    Which one is in force does not hang on it: `in_force_on` asks the days.
    """
    list(FeeSchedule.objects.guidelines().published().order_by("pk").select_for_update(of=["self"]))
    return _supersede(timezone.localdate(at), at)


def _supersede(today: date, at: datetime) -> int:
    published = FeeSchedule.objects.guidelines().published()
    newest = FeeSchedule.objects.in_force_on(today).first()
    if newest is None:
        return 0
    older = list(published.filter(valid_from__lt=newest.valid_from).order_by("pk"))
    for schedule in older:
        SCHEDULE_STATES.move(schedule, ScheduleState.SUPERSEDED, superseded_at=at)
    return len(older)


def _locked(schedule: FeeSchedule) -> FeeSchedule:
    """The row, locked with every draft and published version: of two that follow each other one comes first."""
    rows = FeeSchedule.objects.filter(state__in=ALIVE).order_by("pk").select_for_update(of=["self"])
    return next((row for row in rows if row.pk == schedule.pk), None) or FeeSchedule.objects.get(pk=schedule.pk)


def _already(schedule: FeeSchedule) -> str:
    if schedule.state == ScheduleState.PUBLISHED and schedule.published_by:
        return _("%(name)s published this before you.") % {"name": schedule.published_by}
    if schedule.state == ScheduleState.WITHDRAWN and schedule.withdrawn_by:
        return _("%(name)s withdrew this before you.") % {"name": schedule.withdrawn_by}
    return _("This version is “%(state)s” already.") % {"state": schedule.get_state_display()}
