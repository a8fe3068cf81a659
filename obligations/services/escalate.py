"""The calendar of reminders: what is due soon, due or overdue is written to the institute, and at last to its head.

What is exempt is due on the day after the exemption's last: the institute is told before and after.
What was said stands in `Reminder`, once per duty, step and deadline; one letter holds all of an institute,
step and day.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Organization
from accounts.roles import Permission, users_with_permission
from obligations import letter_notices
from obligations.enums import CALENDAR, DAYS_FROM_LATE_TO_HEAD, DutyState, LetterStep
from obligations.models import Exemption, Letter, Obligation, Reminder
from obligations.querysets import CALENDAR_DAY, DEADLINE

ORDER = {calendar.step: place for place, calendar in enumerate(CALENDAR)}
LOOKS_AHEAD = timedelta(days=max(-calendar.days for calendar in CALENDAR))
BATCH = 2_000

Said = dict[LetterStep, date]
"""On which day each step was said of one duty with its present `calendar_day`."""


def escalate(*, at: datetime, each: Callable[[int], None] | None = None) -> int:
    """Write what is to be written on the day of `at` in Korea; how many letters.

    Each institute in a transaction of its own. Again on the same day: nothing. A day that was missed is caught up
    with: the latest step that has come, never an older one after it. `each` hears how many institutes are done.
    """
    day, many = timezone.localdate(at), 0
    institutes = {
        *_in_the_calendar(day).order_by().values_list("institute", flat=True).distinct(),
        *Exemption.objects.ending_soon(day + LOOKS_AHEAD).values_list("obligation__institute", flat=True),
    }
    for place, institute in enumerate(sorted(institutes), start=1):
        many += len(write_letters(institute_id=institute, at=at))
        if each:
            each(place)
    return many


@transaction.atomic
def write_letters(*, institute_id: int, at: datetime) -> list[Letter]:
    """The letters of one institute for the day of `at`, at most one per step. Locks the organization.

    A duty that comes to a step of which a letter was already written today waits for tomorrow.
    """
    # Of two schedulers the second waits here, and sees then what the first wrote.
    institute = Organization.objects.select_for_update(no_key=True).get(pk=institute_id)
    day = timezone.localdate(at)
    written_today = set(Letter.objects.filter(institute=institute, day=day).values_list("step", flat=True))
    by_step = _what_to_say(institute, day)
    steps = sorted(by_step, key=ORDER.__getitem__)
    return [_write(institute, step, day, by_step[step], at) for step in steps if step not in written_today]


def _write(
    institute: Organization, step: LetterStep, day: date, duties: list[tuple[Obligation, date]], at: datetime
) -> Letter:
    users = list(users_with_permission(institute, Permission.EDIT_RESULTS))
    to_head = step == LetterStep.HEAD and bool(institute.head_email)
    letter = Letter.objects.create(
        institute=institute,
        step=step,
        day=day,
        written_at=at,
        people=len(users),
        languages=sorted({user.language for user in users} | ({letter_notices.HEADS_LANGUAGE} if to_head else set())),
        head_name=institute.head_name if to_head else "",
        head_email=institute.head_email if to_head else "",
    )
    lines = [
        Reminder(
            letter=letter,
            obligation=duty,
            step=step,
            deadline=deadline,
            number=duty.project.number,
            title=duty.result.title if duty.result else duty.project.title,
        )
        for duty, deadline in duties
    ]
    Reminder.objects.bulk_create(lines, batch_size=BATCH)
    letter_notices.written(letter, count=len(lines), users=users, at=at)
    return letter


def _in_the_calendar(day: date) -> Any:
    """Duties to be done whose first step has come and whose last one was not yet said; `counts_from` for each."""
    last = Reminder.objects.filter(obligation=OuterRef("pk"), step=CALENDAR[-1].step, deadline=OuterRef("counts_from"))
    still_due = Obligation.objects.of_public_projects().filter(state=DutyState.DUE)
    due = still_due.annotate(deadline_now=DEADLINE, counts_from=CALENDAR_DAY)
    # The deadline too: of it there is an index.
    in_time = due.filter(deadline_now__lte=day + LOOKS_AHEAD, counts_from__lte=day + LOOKS_AHEAD)
    return in_time.exclude(Exists(last))


def _back_soon(institute: Organization, day: date) -> Iterator[tuple[int, date]]:
    """Exempt duties of the institute that will be to be done within the calendar, and from when."""
    ending = Exemption.objects.ending_soon(day + LOOKS_AHEAD).filter(obligation__institute=institute)
    for exemption in ending.select_related("obligation"):
        counts_from = max(exemption.obligation.calendar_day, exemption.until + timedelta(days=1))
        if counts_from <= day + LOOKS_AHEAD:
            yield exemption.obligation_id, counts_from


def _what_to_say(institute: Organization, day: date) -> dict[LetterStep, list[tuple[Obligation, date]]]:
    """Of thousands of duties a day speaks of few: only those are read whole."""
    of_institute = _in_the_calendar(day).filter(institute=institute).order_by("pk")
    due = dict(of_institute.values_list("pk", "counts_from")) | dict(_back_soon(institute, day))
    said = _said(institute, due)
    steps = {pk: step for pk, deadline in due.items() if (step := next_step(deadline, said.get(pk, {}), day))}
    found: dict[LetterStep, list[tuple[Obligation, date]]] = defaultdict(list)
    for duty in Obligation.objects.filter(pk__in=list(steps)).for_list():
        found[steps[duty.pk]].append((duty, due[duty.pk]))
    return found


def _said(institute: Organization, deadlines: Mapping[int, date]) -> dict[int, Said]:
    """What was said of these duties with the deadlines that they have now."""
    found: dict[int, Said] = defaultdict(dict)
    open_states = (DutyState.DUE, DutyState.EXEMPT)
    rows = Reminder.objects.filter(obligation__institute=institute, obligation__state__in=open_states)
    for obligation, step, deadline, on in rows.values_list("obligation", "step", "deadline", "letter__day"):
        if deadlines.get(obligation) == deadline:
            found[obligation][LetterStep(step)] = on
    return found


def next_step(deadline: date, said: Said, day: date) -> LetterStep | None:
    """What is to be said on `day` of a duty with this deadline, given what was; None: nothing.

    The latest step that has come, unless it or a later one was said. The head hears of nothing that the office was not
    told to be overdue `DAYS_FROM_LATE_TO_HEAD` before: what comes late into the calendar begins with the office.
    """
    come = [calendar.step for calendar in CALENDAR if deadline + timedelta(days=calendar.days) <= day]
    if not come:
        return None
    step = come[-1]
    if step == LetterStep.HEAD:
        told = said.get(LetterStep.LATE)
        if told is None:
            step = LetterStep.LATE
        elif day < told + timedelta(days=DAYS_FROM_LATE_TO_HEAD):
            return None
    latest = max((ORDER[known] for known in said), default=-1)
    return step if ORDER[step] > latest else None
