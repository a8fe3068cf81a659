"""An officer writes a version of the guideline as a draft, and changes it until another one publishes it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.fees import MOST_TIERS, MOST_WON, FeeBasis, FeeMethod, PayingSide, ScheduleState, ScheduleUse
from brokers.models import FeeSchedule, FeeTier, ScheduleWriting
from brokers.models.schedules import SOURCE_LENGTH
from brokers.services.asking import require_officer
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow
from marketplace.core.money import BASIS_POINTS
from marketplace.core.text import tidy

NAMES = ("name_ko", "name_en", "name_zh")
MONEY = ("minimum_won", "floor_won", "ceiling_won", "retainer_won")
RATES = ("vat_bp", "below_bp", "above_bp", "holder_share_bp")
OTHERS = ("basis", "method", "retainer_credited", "vat_included", "paid_by", "tail_months", "valid_from", "source",
          "is_assumption")  # fmt: skip
CONTENT = (*NAMES, *MONEY, *RATES, *OTHERS)
"""The fields that a draft is written with; `tiers` come beside them as pairs of (from_won, rate_bp)."""
MOST_TAIL_MONTHS = 60
NAME_LENGTH = 120
Tiers = Sequence[tuple[int, int]]


@transaction.atomic
def write_schedule(*, content: Mapping[str, Any], tiers: Tiers, by: User, at: datetime) -> FeeSchedule:
    """A new draft of the guideline. What `content` does not name keeps its default.

    Raises `NotAllowed`, and `DomainError` naming the field.
    """
    require_officer(by)
    schedule = FeeSchedule(use=ScheduleUse.GUIDELINE)
    _fill(schedule, content, tiers, timezone.localdate(at))
    schedule.save(force_insert=True)
    _write_tiers(schedule, tiers, by, at)
    return schedule


@transaction.atomic
def edit_schedule(
    *, schedule: FeeSchedule, content: Mapping[str, Any], tiers: Tiers, revision: int, by: User, at: datetime
) -> FeeSchedule:
    """Change a draft; who does stands among those who wrote it from then on.

    Raises `NotAllowed`, `NotPossibleNow` (no draft any more), `ChangedMeanwhile` where `revision` is not the newest,
    and `DomainError` naming the field.
    """
    locked = FeeSchedule.objects.select_for_update(of=["self"]).get(pk=schedule.pk)
    require_officer(by)
    if locked.state != ScheduleState.DRAFT or locked.use != ScheduleUse.GUIDELINE:
        raise NotPossibleNow(
            _("This version is “%(state)s” and is never changed. Write a new one.")
            % {"state": locked.get_state_display()}
        )
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this draft while you had it open. Look at it again before saving."))
    _fill(locked, content, tiers, timezone.localdate(at))
    locked.revision += 1
    locked.save()
    locked.tiers.all().delete()
    _write_tiers(locked, tiers, by, at)
    return locked


def _write_tiers(schedule: FeeSchedule, tiers: Tiers, by: User, at: datetime) -> None:
    FeeTier.objects.bulk_create(FeeTier(schedule=schedule, from_won=w, rate_bp=rate) for w, rate in sorted(tiers))
    ScheduleWriting.objects.create(schedule=schedule, written_by=by, written_at=at)


def _fill(schedule: FeeSchedule, content: Mapping[str, Any], tiers: Tiers, today: date) -> None:
    for name in CONTENT:
        if name in content:
            value = content[name]
            setattr(schedule, name, tidy(value) if isinstance(value, str) else value)
    _share_of_one_side(schedule)
    _check_texts(schedule)
    _check_choices(schedule)
    _check_figures(schedule)
    check_tiers(tiers)
    check_valid_from(schedule.valid_from, today)


def _share_of_one_side(schedule: FeeSchedule) -> None:
    if schedule.paid_by in {PayingSide.HOLDER, PayingSide.FIRM}:
        schedule.holder_share_bp = BASIS_POINTS if schedule.paid_by == PayingSide.HOLDER else 0
    elif not 0 < schedule.holder_share_bp < BASIS_POINTS:
        raise DomainError(_("Give the share of the holder: more than 0 and less than 100 %."), field="holder_share_bp")


def _check_texts(schedule: FeeSchedule) -> None:
    for name, most in (*((name, NAME_LENGTH) for name in NAMES), ("source", SOURCE_LENGTH)):
        text = getattr(schedule, name)
        if len(text) > most:
            raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=name)
        if not text and name != "source":
            raise DomainError(_("Give the name in Korean, English and Chinese."), field=name)
    if not schedule.source and not schedule.is_assumption:
        raise DomainError(_("Name the source, or say that it is an assumption."), field="source")


def _check_choices(schedule: FeeSchedule) -> None:
    for name, known in (("basis", FeeBasis), ("method", FeeMethod), ("paid_by", PayingSide)):
        if getattr(schedule, name) not in known.values:
            raise DomainError(_("Choose one of those offered."), field=name)


def _check_figures(schedule: FeeSchedule) -> None:
    for name in MONEY:
        amount_won = getattr(schedule, name)
        if amount_won is not None and not 0 <= amount_won <= MOST_WON:
            bounds = {"least": 0, "most": f"{MOST_WON:,}"}
            raise DomainError(_("Give a whole number of won from %(least)s to %(most)s.") % bounds, field=name)
    for name in RATES:
        _check_rate(getattr(schedule, name), name)
    if not 0 <= schedule.tail_months <= MOST_TAIL_MONTHS:
        raise DomainError(_("From 0 to %(most)d months.") % {"most": MOST_TAIL_MONTHS}, field="tail_months")
    floor_won, ceiling_won, minimum_won = schedule.floor_won, schedule.ceiling_won, schedule.minimum_won
    if floor_won is not None and ceiling_won is not None and floor_won > ceiling_won:
        raise DomainError(_("The floor must not lie above the ceiling."), field="floor_won")
    if minimum_won is not None and (minimum_won < (floor_won or 0) or minimum_won > (ceiling_won or MOST_WON)):
        raise DomainError(_("The minimum fee must lie between floor and ceiling."), field="minimum_won")


def _check_rate(rate_bp: int, field: str) -> None:
    if not 0 <= rate_bp <= BASIS_POINTS:
        raise DomainError(_("A rate lies between 0 and 100 %."), field=field)


def check_tiers(tiers: Tiers) -> None:
    """Raise `DomainError` unless there is a rate from the first won on and every bound stands once."""
    bounds = [from_won for from_won, _rate in tiers]
    if 0 not in bounds:
        raise DomainError(_("The first bracket begins at 0 won: give its rate."), field="tiers")
    if len(set(bounds)) != len(bounds):
        raise DomainError(_("Two brackets begin at the same amount."), field="tiers")
    if len(bounds) > MOST_TIERS:
        raise DomainError(_("At most %(most)d brackets.") % {"most": MOST_TIERS}, field="tiers")
    for from_won, rate_bp in tiers:
        if not 0 <= from_won <= MOST_WON:
            bounds_text = {"least": 0, "most": f"{MOST_WON:,}"}
            raise DomainError(_("Give a whole number of won from %(least)s to %(most)s.") % bounds_text, field="tiers")
        _check_rate(rate_bp, "tiers")


def check_valid_from(day: date | None, today: date) -> None:
    """Raise `DomainError` where a version would have begun before it was published: nobody could have known it."""
    if day is not None and day < today:
        raise DomainError(_("A version holds from today on or later: choose such a day."), field="valid_from")
