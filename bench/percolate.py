"""Matching among 500,000 technologies (design.md §7): a listing against 10,000 needs and saved searches, and a need
against all listings, by the product's own services, each in a transaction that is rolled back.

Needs and searches are made from listings of the corpus and stay with it. As there, the vector of a need is not encoded
but mixed, of those of listings; saved searches are saved by the product's own service.
"""

import json
import os
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bench.clock import measured, percentile, summary
from bench.corpus import SIZE, open_corpus
from bench.database import warm
from bench.questions import FILTERS, Words, words_of_corpus

NEEDS = SEARCHES = 5_000
SEARCHES_OF_ONE = 100
MANY = 60
WARM_UP = 10
FLOORS = {"listing": 200.0, "need": 300.0, "outlook": 300.0}
"""Milliseconds the 95th percentile may take."""

SEED = 20_261_127


def tell(**what: Any) -> None:
    print(json.dumps({"bench": "percolate", **what}, ensure_ascii=False), flush=True)


def main() -> bool:
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    open_corpus()
    warm()
    at = datetime.now().astimezone()
    _fill(at)
    held = [
        report("listing", f"a listing against {NEEDS:,} needs and {SEARCHES:,} saved searches", *_of_listings(at)),
        report("need", f"a need against {SIZE:,} listings", *_of_needs(at)),
        report("outlook", "how many of the last 30 days a need would match, before it is posted", *_of_outlooks(at)),
    ]
    return all(held)


def report(kind: str, what: str, work: Callable[[Any], int], on: list[Any]) -> bool:
    found: list[int] = []
    measured(work, on[:WARM_UP])
    taken = measured(lambda each: found.append(work(each)), on[WARM_UP:])
    value = percentile(each.free for each in taken)
    tell(what=what, **summary(taken), matches_in_the_middle=sorted(found)[len(found) // 2], most_matches=max(found))
    holds = value <= FLOORS[kind]
    tell(floor=f"{kind}, p95, ms", value=round(value, 1), at_most=FLOORS[kind], holds=holds)
    return holds


def _undone(work: Callable[[], int]) -> int:
    """What `work` returns; what it wrote is rolled back, so that the next one meets the same."""
    from django.db import transaction

    with transaction.atomic():
        found = work()
        transaction.set_rollback(True)
    return found


def _of_listings(at: datetime) -> tuple[Callable[[Any], int], list[Any]]:
    from matching.services.percolate import MATCHERS
    from tech_listings.models import Listing

    ids = random.Random(SEED).sample(range(1, SIZE + 1), MANY + WARM_UP)
    listings = [Listing.objects.select_related("holder", "meaning").get(pk=pk) for pk in ids]
    return lambda listing: _undone(lambda: sum(hold(listing, at) for hold in MATCHERS)), listings


def _of_needs(at: datetime) -> tuple[Callable[[Any], int], list[Any]]:
    """As after posting: the question is compiled, its meaning encoded, all listings asked, matches written."""
    from matching.models import Need
    from matching.services.match_need import match_need

    def work(need_id: int) -> int:
        def anew() -> int:
            Need.objects.filter(pk=need_id).update(analyser=0, due_at=at)
            return match_need(need_id=need_id, at=at)

        return _undone(anew)

    return work, list(Need.objects.order_by("pk").values_list("pk", flat=True)[: MANY + WARM_UP])


def _of_outlooks(at: datetime) -> tuple[Callable[[Any], int], list[Any]]:
    """As on the page on which a need is checked; of half the corpus, however old it is."""
    from matching.models import Need
    from matching.services.catch import ESTIMATE_DAYS
    from matching.services.match_need import listings_lately
    from tech_listings.models import Listing

    published = Listing.objects.published().order_by("registered_at", "pk")
    since: Any = published.values_list("registered_at", flat=True)[SIZE // 2]
    moment: datetime = min(at, since + timedelta(days=ESTIMATE_DAYS))

    def work(need: Any) -> int:
        return listings_lately(title=need.title, problem=need.problem, organization=need.organization, at=moment)

    return work, list(Need.objects.select_related("organization").order_by("pk")[: MANY + WARM_UP])


# --- what is asked -------------------------------------------------------------------------------------------------


def _fill(at: datetime) -> None:
    """Needs and saved searches, where they are not there or are of another version of what compiles them."""
    from django.db import connection

    from matching.models import Need, SavedSearch
    from matching.services import compile_need, compile_search

    if (
        Need.objects.filter(analyser=compile_need.VERSION).count() == NEEDS
        and SavedSearch.objects.filter(analyser=compile_search.VERSION).count() == SEARCHES
    ):
        return
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE matching_need, matching_savedsearch CASCADE")
    people = list(_people())
    _needs(people, at)
    _searches([person for _firm, person in people], at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) matching_need, matching_savedsearch")
    tell(what="needs and saved searches made", needs=NEEDS, searches=SEARCHES)


def _people() -> Iterator[tuple[Any, Any]]:
    """(firm, person of it), as many as are needed for the searches one may have."""
    from accounts.models import Organization, User
    from accounts.numbers import business_check_digit

    for n in range(SEARCHES // SEARCHES_OF_ONE):
        nine = f"{501 + n:03d}84{n + 1:04d}"
        firm, _made = Organization.objects.get_or_create(
            business_number=f"{nine}{business_check_digit(nine)}",
            defaults={"kind": "company", "name": f"한빛{n + 1}정밀", "name_en": f"Hanbit {n + 1}"},
        )
        person, _made = User.objects.get_or_create(email=f"firm{n + 1}@example.org", defaults={"name": f"{n + 1}"})
        yield firm, person


def _needs(people: list[tuple[Any, Any]], at: datetime) -> None:
    """Each from three listings: the title of one, and of all three some of the text and of the meaning.

    They match far more than real needs (`matching.services.compile_need.question`), because the whole corpus is made of
    a few thousand texts: the middle one has as many matches as may be kept. So more is written than in earnest.
    """
    import numpy as np

    from matching.models import Need
    from matching.numbers import need_number
    from matching.services.compile_need import VERSION, question
    from tech_listings.models import Listing
    from tech_listings.search.narrowing import among
    from tech_listings.search.weights import weights_literal

    chance, noise = random.Random(SEED), np.random.default_rng(SEED)
    ids = chance.sample(range(1, SIZE + 1), min(2 * NEEDS, SIZE))
    listings = list(among(Listing.objects.select_related("meaning"), ids).order_by("pk"))
    made = []
    for n in range(NEEDS):
        firm, person = people[n % len(people)]
        three = chance.sample(listings, 3)
        title = (three[0].title_ko or three[0].title_en)[:200]
        texts = [listing.summary_ko or listing.summary_en for listing in three]
        problem = " ".join(text[len(text) // 2 :][: chance.randint(60, 250)] for text in texts)
        asked = question(title, problem)
        vector = sum(np.array(list(listing.meaning.vector)) for listing in three) + noise.normal(0, 512**-0.5, 512)
        made.append(
            Need(
                number=need_number(at.year, n + 1), organization=firm, owner=person, title=title, problem=problem,
                answer_by=(at + timedelta(days=60)).date(), opened_at=at, candidates=asked.candidates or None,
                weights=weights_literal(asked.weights) if asked.weights else None, full_score=asked.full_score,
                vector=(vector / np.linalg.norm(vector)).tolist(), analyser=VERSION,
            )
        )  # fmt: skip
    Need.objects.bulk_create(made, batch_size=500)


def _searches(people: list[Any], at: datetime) -> None:
    from matching.services.save_search import save_search

    chance = random.Random(SEED)
    words = words_of_corpus(chance)
    seen: set[str] = set()
    for n in range(SEARCHES):
        while (query := _query(words, chance)) in seen:
            pass
        seen.add(query)
        save_search(query=query, name="", rate="daily", by=people[n // SEARCHES_OF_ONE], at=at)


def _query(words: Words, chance: random.Random) -> str:
    """One to three words, a sentence, a phrase; some with filters, some with all words required."""
    usual = words.usual()
    kind = chance.random()
    asked: dict[str, Any] = {"q": " ".join(chance.sample(usual, chance.choice((1, 2, 2, 3))))}
    if kind < 0.15:
        asked["q"] = chance.choice(words.titles)[:200]
    elif kind < 0.2:
        asked["q"] = f'"{" ".join(chance.choice(words.titles).replace(chr(34), " ").split()[:2])}"'
    if chance.random() < 0.3:
        asked |= FILTERS
    if chance.random() < 0.1:
        asked["match"] = "all"
    return urlencode(asked, doseq=True)
