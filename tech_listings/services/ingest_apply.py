"""Apply a run: any number of workers take its batches one by one, each in one transaction, until none is left.

A worker that is killed loses its transaction and with it its lock on the batch: the next worker takes the batch again.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.counters import take_numbers
from marketplace.core.errors import Conflict
from marketplace.core.states import IllegalTransition
from tech_listings.enums import RUN_STATES, RunState
from tech_listings.ingest.mapping import ColumnMapping
from tech_listings.models import Run, RunBatch, Source
from tech_listings.notices import run_finished
from tech_listings.outbox import apply_after_commit, plan_after_commit
from tech_listings.services.ingest_plan import fail_run, is_stale
from tech_listings.services.ingest_quiet import rare_collections
from tech_listings.services.ingest_receive import plan_again, refuse_beside_another, remember
from tech_listings.services.ingest_targets import target_of
from tech_listings.services.ingest_write import Numbers
from tech_listings.services.publish import COUNTER

QUIET = timedelta(seconds=30)
MAX_RESUMES = 5
WRITE_ATTEMPTS = 3
SHORT_IMPORT = 25_000


class NeedsConfirmation(Conflict):
    """It would take away much, or put projects out of sight: a person has to say that this is meant."""

    code = "needs_confirmation"


class PlanIsStale(Conflict):
    """Another import was applied meanwhile. The run is being compared anew."""

    code = "plan_is_stale"


class AnotherIsApplied(Conflict):
    code = "another_is_applied"


def approve_run(
    *, run: Run, by: User | None, at: datetime, confirm_withdrawals: bool = False, wake: bool = True
) -> Run:
    """Let the workers apply a compared run; a failed one goes on where it stopped. Twice is the same as once.

    Locks the source, then the run.

    Raises:
        NeedsConfirmation: the run is held and `confirm_withdrawals` is not given.
        PlanIsStale: another run was applied since; this one goes back to being compared.
        AnotherIsApplied: one run of a source is applied at a time.
    """
    with transaction.atomic():
        source = Source.objects.select_for_update(of=["self"], no_key=True).get(pk=run.source_id)
        locked = Run.objects.select_for_update(of=["self"], no_key=True).select_related("source").get(pk=run.pk)
        if locked.state in {RunState.APPLYING, RunState.APPLIED}:
            return locked
        stale = RUN_STATES.can(locked, RunState.APPLYING) and is_stale(locked)
        if not stale:
            _check_approval(locked, source, confirm_withdrawals)
            _set_numbers_aside(locked, at)
            RUN_STATES.move(
                locked,
                RunState.APPLYING,
                approved_at=locked.approved_at or at,
                approved_by=locked.approved_by or by,
                attempts=0,
                problem_code="",
                problem_detail={},
                ended_at=None,
            )
            remember(source=source, mapping=ColumnMapping(locked.mapping, target_of(locked).fields))
            if wake:
                apply_after_commit(locked.public_id)
    if stale:
        plan_again(run=locked, by=by, at=at, wake=wake)
        raise PlanIsStale(_("Another import was applied meanwhile. This file is being compared anew; look again."))
    return locked


def _check_approval(run: Run, source: Source, confirmed: bool) -> None:
    if run.state == RunState.HELD and not confirmed:
        raise NeedsConfirmation(target_of(run).why_held(run))
    if run.state == RunState.FAILED and run.approved_at is None:
        raise IllegalTransition(_("The comparison failed, so there is nothing to apply. Compare again first."))
    RUN_STATES.check(run, RunState.APPLYING)
    refuse_beside_another(run)
    if source.runs.filter(state=RunState.APPLYING).exists():
        raise AnotherIsApplied(_("Another import of this source is being applied. Wait until it is done."))


def _set_numbers_aside(run: Run, at: datetime) -> None:
    """One block of listing numbers for the whole run, shared out to its batches: workers never wait for the counter."""
    batches = list(run.batches.filter(done_at__isnull=True, publishes__gt=0).order_by("position").defer("work"))
    count = sum(batch.publishes for batch in batches)
    if not count:
        return
    year = timezone.localtime(at).year
    following = take_numbers(kind=COUNTER, year=year, count=count).start
    for batch in batches:
        batch.numbers_year, batch.first_number = year, following
        following += batch.publishes
    RunBatch.objects.bulk_update(batches, ["numbers_year", "first_number"], batch_size=500)


def work_on(
    *, run_id: UUID, clock: Callable[[], datetime] = timezone.now, stop: Callable[[], bool] = lambda: False
) -> Run:
    """Take batches of a run that is being applied until none is left, then finish it. Returns the run as it is then.

    Any number of workers may do this at once; a run in another state is left alone.
    """
    with rare_collections():
        failed = _all_batches(run_id, clock, stop)
    if failed is not None:
        return fail_run(run_id=run_id, code="write_failed", detail={"value": type(failed).__name__}, at=clock())
    return _finish(run_id, clock())


def _all_batches(run_id: UUID, clock: Callable[[], datetime], stop: Callable[[], bool]) -> DatabaseError | None:
    """Do batches until there is none; the error of one that could not be written however often it was tried."""
    failures = 0
    while not stop():
        try:
            if not _one_batch(run_id, clock()):
                break
            failures = 0
        except DatabaseError as error:
            # A lost connection or a lock held too long passes; a row the database refuses does not.
            failures += 1
            if failures >= WRITE_ATTEMPTS:
                return error
            connection.close_if_unusable_or_obsolete()
    return None


@transaction.atomic
def _one_batch(run_id: UUID, at: datetime) -> bool:
    """Do the next batch nobody has. False where there is none or the run is no longer being applied."""
    run = Run.objects.select_related("source__organization", "approved_by").get(public_id=run_id)
    if run.state != RunState.APPLYING:
        return False
    batch = (
        run.batches.filter(done_at__isnull=True)
        .order_by("position")
        .select_for_update(skip_locked=True, of=["self"])
        .first()
    )
    if batch is None:
        return False
    with connection.cursor() as cursor:
        # A crash of the database loses the last batches together with their marks, and they are done again.
        cursor.execute("SET LOCAL synchronous_commit TO off")
        # New terms wait in a list beside the search index. Searches walk it, so a long import puts them in as it goes;
        # a short one leaves that to its end (`ingest_listings.tidy_index`), seconds later.
        limit = "128MB" if run.to_do <= SHORT_IMPORT else "16MB"
        cursor.execute("SELECT set_config('gin_pending_list_limit', %s, true)", [limit])
    set_aside = batch.first_number is not None and batch.numbers_year is not None
    numbers = Numbers(batch.numbers_year, batch.first_number) if set_aside else None  # type: ignore[arg-type]
    target_of(run).write(run=run, work=json.loads(batch.work), numbers=numbers, at=at)
    batch.work, batch.done_at = "", at
    batch.save(update_fields=["work", "done_at"])
    return True


@transaction.atomic
def _finish(run_id: UUID, at: datetime) -> Run:
    """The worker that finds everything done says so. Locks the source, then the run."""
    found = Run.objects.get(public_id=run_id)
    source = Source.objects.select_for_update(of=["self"], no_key=True).get(pk=found.source_id)
    run = Run.objects.select_for_update(of=["self"], no_key=True).select_related("source").get(pk=found.pk)
    if run.state != RunState.APPLYING or run.batches.filter(done_at__isnull=True).exists():
        return run
    RUN_STATES.move(run, RunState.APPLIED, applied_at=at, ended_at=at)
    source.applied += 1
    source.save(update_fields=["applied", "updated_at"])
    run_finished(run, at=at)
    target_of(run).done()
    return run


def rows_done(run: Run) -> int:
    """How many planned writes are committed: what the progress bar shows, whoever reloads."""
    return run.batches.filter(done_at__isnull=False).aggregate(n=Sum("rows"))["n"] or 0


def resume_due(*, at: datetime) -> int:
    """Wake workers for runs that have been quiet too long: lost wake-ups, killed workers, a broker that was away.

    Returns how many runs were woken. A run that makes no progress over several wake-ups fails.
    """
    due = (
        Run.objects.filter(state__in=[RunState.PLANNING, RunState.APPLYING], updated_at__lt=at - QUIET)
        .annotate(last=Max("batches__done_at"))
        .filter(Q(state=RunState.PLANNING) | Q(last__isnull=True) | Q(last__lt=at - QUIET))
        .order_by("pk")
    )
    woken = 0
    for run in due:
        woken += _resume(run, at)
    return woken


def _workers_are_busy_elsewhere(run: Run, at: datetime) -> bool:
    """Whether other imports are being worked on: then a quiet one waits its turn and is not lost."""
    others = Run.objects.exclude(pk=run.pk)
    return others.filter(
        Q(state=RunState.PLANNING) | Q(state=RunState.APPLYING, batches__done_at__gt=at - QUIET)
    ).exists()


@transaction.atomic
def _resume(run: Run, at: datetime) -> int:
    locked = Run.objects.select_for_update(of=["self"], no_key=True).get(pk=run.pk)
    if locked.updated_at != run.updated_at:  # another scheduler, or the person, was here first
        return 0
    if locked.state == RunState.PLANNING:
        plan_after_commit(locked.public_id)
        return 1
    if locked.state != RunState.APPLYING:
        return 0
    if locked.attempts >= MAX_RESUMES:
        RUN_STATES.move(locked, RunState.FAILED, problem_code="worker_lost", ended_at=at)
        return 0
    progressed = run.last is not None and run.last > locked.updated_at  # type: ignore[attr-defined]
    if not _workers_are_busy_elsewhere(locked, at):
        locked.attempts = 0 if progressed else locked.attempts + 1
    locked.save(update_fields=["attempts", "updated_at"])
    apply_after_commit(locked.public_id)
    return 1
