"""The front door before 500,000 technologies (issue 8): home for visitors and for an institute, the search over
everything, statistics when they are kept and when they are counted, and a part of the sitemap. The product's own code,
on the corpus of the search (`bench.corpus`, `BENCH_LISTINGS` says how many).
"""

import json
import os
from collections.abc import Callable
from functools import cache
from typing import Any

from bench.clock import as_a_web_worker, measured, percentile, summary
from bench.corpus import SIZE, open_corpus
from bench.database import warm
from bench.questions import questions

HOME_MS = 80.0
"""Server time of the home page, 95th percentile (issue 8)."""

SEARCH_MS = 120.0
SITEMAP_MS = 1_000.0
COUNTING_MS = 60_000.0
TIMES, WARM_UP = 40, 5


def tell(**what: Any) -> None:
    print(json.dumps({"bench": "portal", **what}, ensure_ascii=False), flush=True)


def main() -> bool:
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    open_corpus()
    warm()
    asked = [each.words for each in questions()["usual"]][:TIMES]
    for words in asked[:WARM_UP]:
        _get("/search/", q=words)
    as_a_web_worker()
    held = [
        _floor("home, a visitor", HOME_MS, lambda _n: _get("/")),
        _floor("home, an institute", HOME_MS, lambda _n: _get("/", who=_institute())),
        _floor("search over everything", SEARCH_MS, lambda n: _get("/search/", q=asked[n % len(asked)])),
        _floor("statistics, counted", COUNTING_MS, _count, times=2),
        _floor("statistics, kept", HOME_MS, lambda _n: _get("/statistics/")),
        _floor("a part of the sitemap", SITEMAP_MS, lambda _n: _get("/sitemap-technologies-1.xml"), times=5),
    ]
    return all(held)


def _floor(what: str, at_most: float, work: Callable[[int], Any], times: int = TIMES) -> bool:
    for n in range(min(WARM_UP, times)):
        work(n)
    taken = measured(work, range(times))
    value = percentile(each.free for each in taken)
    tell(what=what, listings=SIZE, **summary(taken))
    tell(floor=f"{what}, p95, ms", value=round(value, 1), at_most=at_most, holds=value <= at_most)
    return value <= at_most


def _count(_n: int) -> None:
    from django.utils import timezone

    from portal.queries.statistics import refresh

    refresh(timezone.now())


@cache
def _client(user: Any = None) -> Any:
    from django.test import Client

    client = Client()
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@cache
def _institute() -> Any:
    """A manager of the holder of most technologies."""
    from django.db.models import Count
    from django.utils import timezone

    from accounts.enums import Role
    from accounts.models import Membership, Organization, User

    holder = Organization.objects.annotate(many=Count("listings")).order_by("-many", "pk")[0]
    user, _new = User.objects.get_or_create(email="front-door@bench.example", defaults={"name": "Front door"})
    row = {"role": Role.MANAGER, "state": "active", "decided_at": timezone.now(), "decided_by": user}
    Membership.objects.get_or_create(user=user, organization=holder, defaults=row)
    return user


def _get(address: str, who: Any = None, **parameters: str) -> None:
    answer = _client(who).get(address, parameters, HTTP_ACCEPT_LANGUAGE="ko")
    assert answer.status_code == 200, (address, answer.status_code)
