"""Ask questions whose answers are known, and say how good the answers were."""

import csv
import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.enums import InstituteKind, OrganizationKind
from accounts.models import Organization
from tech_listings.enums import DealKind, ListingState
from tech_listings.models import Listing, ListingDocument, ListingMeaning, Right, SearchState, SearchTerm
from tech_listings.numbers import listing_number
from tech_listings.search.documents import write_documents
from tech_listings.search.language import understand
from tech_listings.search.ranking import find
from tech_listings.services.embed import embed_due
from tech_listings.services.refresh_terms import refresh_terms

DEPTH = 100
BATCH = 500
SCHEMAS = "search_eval_"
Judgements = Mapping[str, Mapping[str, int]]
COPIED = (Organization, Listing, Right, ListingDocument, ListingMeaning, SearchTerm, SearchState)


class BadInput(Exception):
    """A file that cannot be used; the message names the file, the line and what is expected."""


@dataclass(frozen=True)
class Text:
    id: str
    title: str
    text: str


def read_documents(path: Path) -> list[Text]:
    """JSON lines with `id` (or `doc_id`), `title` (may be missing) and `text`. Raises `BadInput`."""
    return [
        Text(_named(row, ("id", "doc_id"), path, n), str(row.get("title") or ""), str(row.get("text") or ""))
        for n, row in _json_lines(path)
    ]


def read_questions(path: Path) -> list[tuple[str, str]]:
    """JSON lines with `query_id` (or `id`) and `text`. Raises `BadInput`."""
    return [
        (_named(row, ("query_id", "id"), path, n), str(row.get("text") or row.get("title") or ""))
        for n, row in _json_lines(path)
    ]


def read_judgements(path: Path) -> dict[str, dict[str, int]]:
    """Tab separated lines `query_id doc_id grade`, with or without a header, also as TREC's four columns.

    A grade above 0 is an answer, a higher one a better one. Raises `BadInput`.
    """
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with _opened(path) as file:
        for n, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), start=1):
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) < 3:
                raise BadInput(f"{path.name}, line {n}: expected query_id, doc_id and grade, separated by tabs.")
            try:
                found[cells[0]][cells[-2]] = int(float(cells[-1]))
            except ValueError:
                if n > 1:
                    raise BadInput(f"{path.name}, line {n}: the grade {cells[-1]!r} is not a number.") from None
    return found


def evaluate(
    *,
    documents: Sequence[Text],
    questions: Sequence[tuple[str, str]],
    judgements: Judgements,
    exclude_self: bool = False,
    tell: Callable[[str], object] | None = None,
) -> dict[str, Any]:
    """Figures averaged over the questions that have an answer among the judgements; times in milliseconds."""
    asked = [(key, text) for key, text in questions if any(grade > 0 for grade in judgements.get(key, {}).values())]
    if not documents or not asked:
        raise BadInput("There is nothing to measure: no document, or no question with an answer in the qrels.")
    say = tell or (lambda line: None)
    with scratch_place():
        started = time.perf_counter()
        names = _index(documents)
        say(f"{len(documents)} documents indexed in {time.perf_counter() - started:.1f} s; {len(asked)} questions …")
        rows: list[dict[str, float]] = []
        times: list[float] = []
        for key, text in asked:
            start = time.perf_counter()
            hits = find(None, understand(text), at_least=DEPTH + 1).ids[: DEPTH + 1]
            times.append((time.perf_counter() - start) * 1000)
            ranked = [names[pk] for pk in hits if not (exclude_self and names[pk] == key)][:DEPTH]
            rows.append(_measured(ranked, judgements[key]))
    figures = {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
    times.sort()
    return {
        "documents": len(documents),
        "questions": len(asked),
        **figures,
        "ms_per_query": sum(times) / len(times),
        "ms_p50": times[len(times) // 2],
        "ms_p95": times[min(len(times) - 1, int(len(times) * 0.95))],
    }


def _measured(ranked: Sequence[str], grades: Mapping[str, int]) -> dict[str, float]:
    answers = {key for key, grade in grades.items() if grade > 0}
    gain = sum(max(0, grades.get(key, 0)) / math.log2(place + 2) for place, key in enumerate(ranked[:10]))
    best = sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:10]
    first = next((place for place, key in enumerate(ranked) if key in answers), None)
    return {
        "ndcg@10": gain / sum(grade / math.log2(place + 2) for place, grade in enumerate(best)),
        "recall@10": len(answers.intersection(ranked[:10])) / len(answers),
        "recall@100": len(answers.intersection(ranked)) / len(answers),
        "mrr": 0.0 if first is None else 1 / (first + 1),
        "hit@1": float(first == 0),
    }


@contextmanager
def scratch_place() -> Iterator[None]:
    """Empty tables of the same form in a schema of their own that this connection sees first; gone in the end.

    While it is in use this connection holds the advisory lock of its name. What a killed run left behind is held by
    nobody, and goes first.
    """
    schema = f"{SCHEMAS}{int(time.time())}_{id(object())}"
    with connection.cursor() as cursor:
        _drop_left_behind(cursor)
        cursor.execute("SHOW search_path")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s), hashtext(%s))", [SCHEMAS, schema])
        cursor.execute(f"CREATE SCHEMA {schema}")
        try:
            for model in COPIED:
                table = model._meta.db_table
                cursor.execute(f"CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL)")
            cursor.execute(f"SET search_path TO {schema}, public")
            yield
        finally:
            cursor.execute(f"SET search_path TO {before}")
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))", [SCHEMAS, schema])


def _drop_left_behind(cursor: Any) -> None:
    cursor.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s) ORDER BY nspname", [SCHEMAS])
    for (schema,) in cursor.fetchall():
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), hashtext(%s))", [SCHEMAS, schema])
        if cursor.fetchone()[0]:
            cursor.execute(f"DROP SCHEMA IF EXISTS {connection.ops.quote_name(schema)} CASCADE")
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))", [SCHEMAS, schema])


def _index(documents: Sequence[Text]) -> dict[int, str]:
    """Write the documents as published listings, as the product does; returns id of a document by listing."""
    at = timezone.now()
    holder = Organization.objects.create(
        kind=OrganizationKind.INSTITUTE,
        institute_kind=InstituteKind.OTHER,
        name="–",
        business_number="0000000000",
    )
    names: dict[int, str] = {}
    for start in range(0, len(documents), BATCH):
        listings = Listing.objects.bulk_create(
            [
                Listing(
                    holder=holder,
                    state=ListingState.PUBLISHED,
                    number=listing_number(1901 + n // 900_000, n % 900_000 + 1),
                    title_ko=document.title[:500] or "–",
                    summary_ko=document.text,
                    deal_kinds=[DealKind.NON_EXCLUSIVE_LICENCE],
                    registered_at=at,
                )
                for n, document in enumerate(documents[start : start + BATCH], start=start)
            ]
        )
        names |= {x.pk: d.id for x, d in zip(listings, documents[start : start + BATCH], strict=True)}
        write_documents(list(Listing.objects.filter(pk__in=[x.pk for x in listings]).select_related("holder")), at=at)
    while embed_due(at=at, quiet=True):
        pass
    refresh_terms(at=at)
    with connection.cursor() as cursor:
        for model in COPIED:
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    return names


def _opened(path: Path) -> Any:
    try:
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}.") from None


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with _opened(path) as file:
        for n, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise BadInput(f"{path.name}, line {n}: not JSON ({error}).") from None
            if not isinstance(row, dict):
                raise BadInput(f"{path.name}, line {n}: expected an object with id, title and text.")
            yield n, row


def _named(row: Mapping[str, Any], names: Sequence[str], path: Path, n: int) -> str:
    for name in names:
        if row.get(name) not in (None, ""):
            return str(row[name])
    raise BadInput(f"{path.name}, line {n}: {' or '.join(names)} is missing.")
