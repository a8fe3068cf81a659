"""Thin, and safe to run twice: what is done is marked in the transaction that did it."""

from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from tech_listings.enums import ImportTarget, RunState
from tech_listings.exports import write_export
from tech_listings.services import export, ingest_apply, ingest_plan
from tech_listings.services.check import check_due
from tech_listings.services.embed import embed_due, renew_old_models
from tech_listings.services.forget_inventors import forget_inventors as forget
from tech_listings.services.freshness import run_freshness
from tech_listings.services.ingest_listings import tidy_index
from tech_listings.services.lapse import sweep_rights
from tech_listings.services.rebuild import rebuild_outdated
from tech_listings.services.refresh_terms import is_due
from tech_listings.services.refresh_terms import refresh_terms as count_terms
from tech_listings.services.refresh_words import refresh_words as bring_words_up

A_ROUND = 45.0
"""Seconds a task of a sweep works before it leaves the rest to the next round."""


@shared_task
def plan_import(*, run_id: str, **kwargs: Any) -> None:
    """Compare the file of a run with what its source has."""
    try:
        ingest_plan.plan_run(run_id=UUID(run_id), at=timezone.now())
    except ingest_plan.PlanningElsewhere:
        return


@shared_task
def apply_import(*, run_id: str, **kwargs: Any) -> None:
    """Help to apply a run until nothing is left to do."""
    run = ingest_apply.work_on(run_id=UUID(run_id))
    if run.state == RunState.APPLIED and run.source.target == ImportTarget.LISTINGS:
        tidy_index()


@shared_task
def resume_imports(**kwargs: Any) -> int:
    """Every minute: runs whose workers were lost."""
    return ingest_apply.resume_due(at=timezone.now())


@shared_task
def refresh_words(**kwargs: Any) -> int:
    """Every hour: the vocabulary of suggestions, if anything was published or withdrawn since."""
    return bring_words_up(at=timezone.now())


@shared_task
def embed_meanings(**kwargs: Any) -> int:
    """Woken after a publication or an import, and every minute: meanings that are due, until none is or time is up."""
    return _until_done(lambda: embed_due(at=timezone.now()))


@shared_task
def check_submissions(**kwargs: Any) -> int:
    """Woken after a listing was sent for registration, and every minute: until none is left or time is up."""
    return _until_done(lambda: check_due(at=timezone.now()))


@shared_task
def refresh_terms(**kwargs: Any) -> int | None:
    """Every ten minutes: count the terms anew if the documents have changed enough."""
    now = timezone.now()
    return count_terms(at=now) if is_due(at=now) else None


@shared_task
def roll_search_over(**kwargs: Any) -> int:
    """Every minute: documents of an older analyser and meanings of an older model, while search goes on."""
    return _until_done(lambda: rebuild_outdated(at=timezone.now()) + renew_old_models(at=timezone.now()))


@shared_task
def make_export(*, export_id: str, **kwargs: Any) -> None:
    """Make the file of an export, if nobody does."""
    export.work_on(export_id=UUID(export_id), write=write_export)


@shared_task
def keep_offers_fresh(**kwargs: Any) -> dict[str, int]:
    """Every morning: rights that have ended first, so that nobody is asked to confirm what they suspend."""
    now = timezone.now()
    return dict(sweep_rights(at=now) + (run_freshness(at=now) or Counter()))


@shared_task
def resume_exports(**kwargs: Any) -> int:
    """Every minute: exports whose workers or wake-ups were lost."""
    return export.resume_due(at=timezone.now())


@shared_task
def expire_exports(**kwargs: Any) -> int:
    """Every hour: exports whose week is over."""
    return export.expire_due(at=timezone.now())


@shared_task
def forget_inventors(**kwargs: Any) -> int:
    """Every night: links of inventors that are long over, and the people of drafts that are none any more."""
    return _until_done(lambda: forget(at=timezone.now()))


def _until_done(work: Callable[[], int]) -> int:
    end, done = monotonic() + A_ROUND, 0
    while monotonic() < end and (some := work()):
        done += some
    return done
