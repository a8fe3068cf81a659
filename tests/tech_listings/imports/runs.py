"""Steps of an import for tests, without workers."""

import io

from django.utils import timezone

import tech_listings.tasks  # noqa: F401  registered, so that eager Celery runs them
from tech_listings.enums import RunKind, RunState
from tech_listings.models import Listing, Run
from tech_listings.services.ingest_apply import approve_run, work_on
from tech_listings.services.ingest_plan import plan_run
from tech_listings.services.ingest_receive import receive_file


def receive(source, data, *, kind=RunKind.ADDITIONS, name="목록.csv", by=None, **options):
    run, _is_new = receive_file(
        source=source, file=io.BytesIO(data), file_name=name, kind=kind, by=by, at=timezone.now(), wake=False, **options
    )
    return run


def plan(source, data, **options):
    run = receive(source, data, again=True, **options)
    return plan_run(run_id=run.public_id, at=timezone.now()) if run.state == RunState.PLANNING else run


def take_in(source, data, *, confirm=False, by=None, **options):
    run = plan(source, data, by=by, **options)
    approve_run(run=run, by=by, at=timezone.now(), confirm_withdrawals=confirm, wake=False)
    return work_on(run_id=run.public_id)


def counts(run):
    run = Run.objects.get(pk=run.pk)
    names = ("added", "changed", "unchanged", "refused", "left_out", "withdrawn")
    return {name: n for name in names if (n := getattr(run, name))}


def stored(source):
    """Everything an import writes of the source's listings, so that two ways of getting there can be compared."""
    listings = Listing.objects.filter(source=source).order_by("source_key").prefetch_related("rights")
    kept = [
        "title_ko", "title_en", "summary_ko", "summary_en", "keywords", "ipc_codes", "ipc_prefixes", "deal_kinds",
        "right_summary", "state", "source_key", "conditions_of_use", "trl", "price_won",
    ]  # fmt: skip
    of_right = ["kind", "country", "title", "application_number", "application_on", "registration_number", "status",
                "expires_on", "applicants", "publication_number", "registration_on"]  # fmt: skip
    return [
        (
            {name: getattr(listing, name) for name in kept},
            [{name: getattr(right, name) for name in of_right} for right in listing.rights.order_by("pk")],
        )
        for listing in listings
    ]
