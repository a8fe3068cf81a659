import itertools

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone

from marketplace.core.states import IllegalTransition
from tech_listings.enums import RUN_STATES, RunState
from tech_listings.models import Run, Source
from tests.factories.tech_listings import RunFactory, SourceFactory


def fields_of(state):
    """The fields that a state needs."""
    fields = {}
    if state in {RunState.APPLYING, RunState.APPLIED}:
        fields["approved_at"] = timezone.now()
    fields["applied_at"] = timezone.now() if state == RunState.APPLIED else None
    if state == RunState.FAILED:
        fields["problem_code"] = "worker_lost"
    return fields


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(RunState, 2)))
def test_python_and_the_database_agree(before, after):
    run = RunFactory(state=before, **fields_of(before))

    if RUN_STATES.can(run, after):
        RUN_STATES.move(run, after, **fields_of(after))
        run.refresh_from_db()
        assert run.state == after
    else:
        with pytest.raises(IllegalTransition):
            RUN_STATES.move(run, after, **fields_of(after))
        with pytest.raises(InternalError), transaction.atomic():
            Run.objects.filter(pk=run.pk).update(state=after, **fields_of(after))


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "lost"}, "run_state_known"),
        ({"kind": "half"}, "run_kind_known"),
        ({"state": RunState.APPLYING}, "run_applying_was_approved"),
        ({"state": RunState.APPLIED, "approved_at": timezone.now()}, "run_applied_says_when"),
        ({"applied_at": timezone.now()}, "run_applied_says_when"),
        ({"state": RunState.FAILED}, "run_failed_says_why"),
    ],
)
def test_the_database_refuses_runs_that_cannot_be(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        RunFactory(**fields)


def test_one_run_of_a_source_is_applied_at_a_time():
    first = RunFactory(state=RunState.APPLYING, approved_at=timezone.now())

    with pytest.raises(IntegrityError, match="one_run_applied_at_a_time"), transaction.atomic():
        RunFactory(source=first.source, state=RunState.APPLYING, approved_at=timezone.now())


def test_one_open_run_per_file():
    first = RunFactory()

    with pytest.raises(IntegrityError, match="one_open_run_per_file"), transaction.atomic():
        RunFactory(source=first.source, checksum=first.checksum)
    RunFactory(source=first.source, checksum=first.checksum, state=RunState.CANCELLED)


def test_a_source_offers_something():
    source = SourceFactory()

    for kinds in ([], ["gift"]):
        with pytest.raises(IntegrityError), transaction.atomic():
            Source.objects.filter(pk=source.pk).update(deal_kinds=kinds)
