"""The search among 500,000 technologies (design.md §7): the product's own code, and two yardsticks on the same texts.

Each question is asked once of the page, then of its results, then alone: only the page meets it for the first time, the
other two find in memory what the page read. Other questions have warmed up what all need before; of common words, of
which there are few, some are the same. Floors are held against times without waiting for a core (`bench.clock`): on a
free machine they are those of the clock.
"""

import json
import os
import random
from contextlib import suppress
from functools import cache
from typing import Any

from bench.clock import Taken, as_a_web_worker, measured, percentile, summary
from bench.corpus import SIZE, index_folder, open_corpus
from bench.database import warm
from bench.questions import Asked, questions

FLOORS = {"usual": 60.0, "worst": 300.0}
"""Milliseconds the 95th percentile of the page may take."""

WARM_UP = 15
YARDSTICK_QUESTIONS = 15
PATIENCE_MS = 3_000
PER_PAGE = 20


def tell(**what: Any) -> None:
    print(json.dumps({"bench": "search", **what}, ensure_ascii=False), flush=True)


def main() -> bool:
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    open_corpus()
    warm()
    for others in questions(seed=1).values():
        for each in others[:WARM_UP]:
            page(each)
    as_a_web_worker()
    asked = questions()
    pages = {kind: measure(kind, all_of_kind) for kind, all_of_kind in asked.items()}
    tantivy = Tantivy()
    for kind, all_of_kind in asked.items():
        some = random.Random(kind).sample(all_of_kind, min(YARDSTICK_QUESTIONS, len(all_of_kind)))
        report(kind, "ts_rank over the same table", measured(by_ts_rank, some), at_most=PATIENCE_MS)
        report(kind, "tantivy on the same terms", measured(tantivy.ask, all_of_kind))
    worst = max(pages, key=lambda kind: pages[kind])
    held = []
    for what, kind in (("usual", "usual"), ("worst", worst)):
        held.append(pages[kind] <= FLOORS[what])
        tell(floor=f"page, p95 of {kind}, ms", value=round(pages[kind], 1), at_most=FLOORS[what], holds=held[-1])
    return all(held)


def measure(kind: str, asked: list[Asked]) -> float:
    """The 95th percentile of the page in milliseconds."""
    taken = measured(page, asked)
    report(kind, "page", taken)
    report(kind, "rows, reasons, facets", measured(results, asked))
    report(kind, "finding alone", measured(found, asked))
    return percentile(each.free for each in taken)


@cache
def visitor() -> Any:
    """One for all questions: a new one would load the middleware again, which a web worker does once."""
    from django.test import Client

    return Client()


def page(asked: Asked) -> None:
    answer = visitor().get("/technologies/", asked.parameters, HTTP_ACCEPT_LANGUAGE="ko")
    assert answer.status_code == 200, answer.status_code


def results(asked: Asked) -> None:
    from django.http import QueryDict

    from tech_listings.results import search
    from tech_listings.search.reasons import Marker

    query = QueryDict(mutable=True)
    for name, value in asked.parameters.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    answer = search(query)
    mark = Marker(answer.question)
    for listing in answer.rows[:PER_PAGE]:
        mark.why(listing, answer.hit(listing), "ko")
    assert answer.facets


def found(asked: Asked) -> None:
    from tech_listings.search.language import understand
    from tech_listings.search.ranking import find

    find(None, understand(asked.words, match=asked.parameters.get("match", "")))


RANKED = """
SELECT d.listing_id FROM tech_listings_listingdocument d JOIN tech_listings_listing l ON l.id = d.listing_id
WHERE l.state = 'published' AND d.terms @@ %s::tsquery ORDER BY ts_rank(d.terms, %s::tsquery) DESC LIMIT 20
"""


def by_ts_rank(asked: Asked) -> None:
    """What PostgreSQL has for ranking; no filters, no counts, no meaning, no reasons. Given up after `PATIENCE_MS`."""
    from django.db import OperationalError, connection

    from tech_listings.search.language import understand

    question = understand(asked.words, match=asked.parameters.get("match", ""))
    literal = question.required or " | ".join(unit.query for unit in question.units)
    with connection.cursor() as cursor, suppress(OperationalError):
        cursor.execute(f"SET statement_timeout TO {PATIENCE_MS}")
        cursor.execute(RANKED, [literal, literal])
        cursor.fetchall()
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")


class Tantivy:
    """BM25 of the same terms, the best 20; no filters, no counts, no meaning, no reasons, no database."""

    def __init__(self) -> None:
        import tantivy

        self.index = tantivy.Index.open(str(index_folder()))
        self.searcher = self.index.searcher()

    def ask(self, asked: Asked) -> None:
        import tantivy

        from tech_listings.search.language import understand

        question = understand(asked.words, match=asked.parameters.get("match", ""))
        occur = tantivy.Occur.Must if question.required else tantivy.Occur.Should
        parts = [(occur, tantivy.Query.term_query(self.index.schema, "terms", term)) for term in question.terms]
        best = self.searcher.search(tantivy.Query.boolean_query(parts), 20, count=False)
        assert all(self.searcher.doc(place)["pk"] for _score, place in best.hits)


def report(kind: str, what: str, taken: list[Taken], *, at_most: float | None = None) -> None:
    given_up = {"given_up": sum(each.wall >= at_most for each in taken)} if at_most else {}
    tell(questions=kind, what=what, listings=SIZE, **summary(taken), **given_up)
