"""Thin, and safe to run twice: what is done is marked in the transaction that did it."""

from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from tech_listings.enums import RunState
from tech_listings.services import ingest_apply, ingest_plan
from tech_listings.services.refresh_words import refresh_words as bring_words_up


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
    if run.state == RunState.APPLIED:
        ingest_apply.tidy_index()


@shared_task
def resume_imports(**kwargs: Any) -> int:
    """Every minute: runs whose workers were lost."""
    return ingest_apply.resume_due(at=timezone.now())


@shared_task
def refresh_words(**kwargs: Any) -> int:
    """Every hour: the vocabulary of suggestions, if anything was published or withdrawn since."""
    return bring_words_up(at=timezone.now())
