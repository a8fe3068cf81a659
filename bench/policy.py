"""Figures of a nation: 300 institutes, 500,000 technologies, 100,000 contracts (issue 8). All figures are computed as a
worker does it, a month is frozen, and the board and a figure's pages are asked for through the whole house.

The nation is that of `bench.deals`, with technologies without a contract and answers to the survey beside it. It stays
in a database of its own between runs (`bench_policy_<share>`), and is built anew where `VERSION` has changed.
"""

import json
import os
import time
from typing import Any

import django

from bench.clock import as_a_web_worker, measured, percentile, summary
from bench.database import keep, stored_database
from bench.deals import CONTRACTS, NOW, SHARE, _fan, _one, _sql, factories, nation

LISTINGS = 500_000 // SHARE
TIMES, WARM_UP = 15, 3
PAGE_MS, COMPUTE_S, MOST_QUESTIONS = 300.0, 60.0, 25
VERSION = 2
OFFICER = "officer@example.org"
YEARS = (2022, 2023, 2024, 2025)


def tell(**what: Any) -> None:
    print(json.dumps({"bench": "policy", **what}, ensure_ascii=False), flush=True)


def floor(what: str, value: float, at_most: float) -> bool:
    tell(floor=what, value=round(value, 1), at_most=at_most, holds=value <= at_most)
    return value <= at_most


def main() -> bool:
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    django.setup()
    from django.conf import settings

    key = f"nation {VERSION}, share {SHARE}, {LISTINGS} listings"
    is_kept = stored_database(f"bench_policy_{SHARE}", key)
    settings.SECURE_SSL_REDIRECT = False
    if is_kept:
        _sql("TRUNCATE policy_livevalue, policy_snapshot, policy_snapshotrows")
        tell(what="the stored nation is used", holds=key)
    else:
        _royalties(nation())
        _rest()
        keep(key)
    held = _computing()
    # What a worker has left behind is no server's: its next full collection would be counted as some page's.
    as_a_web_worker()
    return all([*held, *_pages()])


def _royalties(contract: Any) -> None:
    """An invoice of each contract, paid in two parts."""
    people = factories("royalties.income")
    made = people.paid(people.invoiced(people.due(contract, key="bench"), at=NOW), at=NOW)
    many = CONTRACTS - 1
    _sql("SET session_replication_role = replica")
    _fan(
        "royalties_invoice",
        f"t.id = {made.invoice_id}",
        many,
        {
            "id": "100000 + n",
            "number": f"'{made.invoice.number[:5]}' || lpad((n + 100)::text, 6, '0')",
            "contract_id": "100000 + n",
            "due_id": "900000000 + n",
        },
    )
    day = "date '2022-04-01' + n % 1600"
    number = f"'{made.receipt.number[:5]}' || lpad((n + 100)::text, 6, '0')"
    invoice = f"100000 + 1 + (n - 1) % {many}"
    for table, row, changes in (
        ("receipt", made.receipt_id, {"number": number, "booked_on": day}),
        ("allocation", made.pk, {"receipt_id": "100000 + n", "invoice_id": invoice, "assigned_at": day}),
    ):
        _fan(f"royalties_{table}", f"t.id = {row}", many * 2, {"id": "100000 + n", **changes})
    _sql("SET session_replication_role = DEFAULT")


def _rest() -> None:
    """Technologies without a contract, survey answers, and reference data."""
    from django.core.management import call_command

    from accounts.models import Organization
    from policy.models import SurveyAnswer
    from tech_listings.models import Listing

    call_command("load_national_series", verbosity=0)
    office = factories("accounts").MembershipFactory
    office(government=True, user__second_factor=True, user__email=OFFICER)
    start, there = time.perf_counter(), Listing.objects.count()
    like = Listing.objects.filter(registered_at__isnull=False).order_by("pk").values_list("pk", flat=True)[0]
    _sql("SET session_replication_role = replica")
    _fan(
        "tech_listings_listing",
        f"t.id = {like}",
        LISTINGS - there,
        {
            "id": "1000000 + n",
            "number": "'S2020' || lpad(n::text, 6, '0')",
            "title_ko": "'기술 ' || n",
            "state": "'published'",
            "holder_id": "100000 + 1 + n % 300",
        },
    )
    _sql("SET session_replication_role = DEFAULT")
    institutes = Organization.objects.filter(kind="institute").order_by("pk")
    SurveyAnswer.objects.bulk_create(
        SurveyAnswer(
            institute=each, year=year, new_technologies=100, research_expenditure_won=10**10, office_staff=3,
            answered_at=NOW,
        )
        for each in institutes
        for year in YEARS
    )  # fmt: skip
    _sql("VACUUM ANALYZE")
    tell(
        what="nation made", institutes=institutes.count(), listings=_one("SELECT count(*) FROM tech_listings_listing"),
        contracts=_one("SELECT count(*) FROM deals_contract"), share=SHARE,
        seconds=round(time.perf_counter() - start, 1),
    )  # fmt: skip


def _computing() -> list[bool]:
    """What the worker does each hour, and in the night after a month."""
    from policy.models import LiveValue, SnapshotRows
    from policy.services.figures.compute import compute_all
    from policy.services.figures.freeze import freeze_due

    computed = compute_all(at=NOW)
    assert computed is not None
    slowest = LiveValue.objects.order_by("-took_ms")[:5].values_list("figure", "year", "took_ms")
    tell(what="all figures computed", values=computed.written, failed=computed.failed, slowest=list(slowest))
    start = time.perf_counter()
    frozen = freeze_due(at=NOW)
    seconds = time.perf_counter() - start
    kept = sum(len(row.data) for row in SnapshotRows.objects.iterator(chunk_size=1))
    tell(what="a month frozen", snapshots=frozen.written, failed=frozen.failed, seconds=round(seconds, 1),
         kept_mb=round(kept / 1e6, 1))  # fmt: skip
    return [
        floor("all figures computed, s", computed.seconds, COMPUTE_S),
        floor("figures that failed", computed.failed + frozen.failed, 0),
    ]


def _pages() -> list[bool]:
    """As an officer, who sees what is live, and as everybody, who is told frozen months."""
    from django.test import Client

    from accounts.models import User

    client = factories("accounts").sign_in(Client(), User.objects.get(email=OFFICER))
    addresses = (
        "/figures/",
        "/figures/transfer_rate/",
        "/figures/public_listings/",
        "/figures/public_listings/rows/",
        "/figures/transfer_rate/rows/?year=2022",
        "/api/v1/figures/public_listings/rows/?limit=500",
    )
    open_to_all = ("/figures/", "/figures/transfer_rate/", "/figures/royalty_income/")
    asked = [*((client, "", each) for each in addresses), *((Client(), " as everybody", each) for each in open_to_all)]
    return [held for each, who, address in asked for held in _page(each, address, who)]


def _page(client: Any, address: str, who: str) -> list[bool]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def ask(_each: Any) -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    measured(ask, range(WARM_UP))
    taken = measured(ask, range(TIMES))
    with CaptureQueriesContext(connection) as asked:
        ask(None)
    what = address + who
    tell(what=what, questions=len(asked), **summary(taken))
    return [
        floor(f"{what}, p95, ms", percentile(each.free for each in taken), PAGE_MS),
        floor(f"{what}, questions", len(asked), MOST_QUESTIONS),
    ]


if __name__ == "__main__":
    raise SystemExit(not main())
