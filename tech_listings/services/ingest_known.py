"""What a source has already, as a comparison asks for it. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from tech_listings.models import Listing, Run


@dataclass(slots=True)
class Known:
    """A listing the source has already. `vanished`: withdrawn by an import because a file no longer had it."""

    pk: int
    key: str
    raw_hash: str
    state: str
    vanished: bool = False


def known_listings(run: Run) -> Iterator[Known]:
    """Every listing of the run's source, in any state."""
    listings = Listing.objects.filter(source=run.source)
    vanished = _vanished_by_import(run)
    for pk, key, raw_hash, state in (
        listings.order_by().values_list("pk", "source_key", "raw_hash", "state").iterator(10_000)
    ):
        yield Known(pk, key, raw_hash, state, pk in vanished)


def _vanished_by_import(run: Run) -> set[int]:
    """Withdrawn by an import and not by a person since: they come back when a file has them again."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.id FROM tech_listings_listing l
            JOIN tech_listings_runrow w ON w.subject_id = l.id AND w.action = 'withdraw'
            JOIN tech_listings_run r ON r.id = w.run_id AND r.source_id = l.source_id
            WHERE l.source_id = %s AND l.state = 'withdrawn'
              AND l.withdrawn_at BETWEEN r.approved_at AND COALESCE(r.applied_at, r.ended_at, now())
            """,
            [run.source_id],
        )
        return {pk for (pk,) in cursor.fetchall()}


def keys_by_number(run: Run) -> dict[str, str]:
    """Application number → key, for files that name the same technologies by another column."""
    rights = (
        Listing.objects.filter(source=run.source)
        .exclude(rights__application_number="")
        .order_by("pk")
        .values_list("rights__application_number", "source_key")
    )
    return {number: key for number, key in rights if number}


def numbers_elsewhere(run: Run) -> dict[str, str]:
    """Application number → listing number of what the organization publishes outside this source."""
    rights = (
        Listing.objects.published()
        .filter(holder=run.source.organization_id)
        .exclude(source=run.source)
        .exclude(rights__application_number="")
        .order_by("pk")
        .values_list("rights__application_number", "number")
    )
    return {application: number or "" for application, number in rights if application}


def listings_with_rights(pks: list[int]) -> dict[int, Listing]:
    return Listing.objects.prefetch_related("rights").in_bulk(pks)
