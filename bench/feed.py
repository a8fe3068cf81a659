"""What the change feed costs whoever writes: published technologies written by one statement, with its triggers and
without them, in turns on the same database (issue 8). And how long a mirror takes to read them all.
"""

import json
import os
import statistics
import time
from typing import Any

from bench.database import fresh_database

ROWS, ROUNDS = 20_000, 5
MOST = 1.5
"""The plain statement with triggers against that without: an import does much more for each row besides."""
TABLES = {"tech_listings_listing": "note_listings", "tech_listings_right": "note_rights"}


def tell(**what: Any) -> None:
    print(json.dumps({"bench": "feed", **what}, ensure_ascii=False), flush=True)


def main() -> bool:
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    with fresh_database():
        _one()
        taken: dict[str, list[float]] = {"with": [], "without": []}
        for number in range(ROUNDS * 2):
            how = ("without", "with")[number % 2]
            taken[how].append(_written(how, first=10_000 + number * ROWS))
        medians = {how: statistics.median(seconds) for how, seconds in taken.items()}
        ratio = medians["with"] / medians["without"]
        each = (medians["with"] - medians["without"]) / ROWS * 1e6
        tell(
            rows=ROWS, seconds={how: [round(each, 3) for each in seconds] for how, seconds in taken.items()},
            microseconds_each=round(each, 1), ratio=round(ratio, 3), most=MOST, holds=ratio <= MOST,
        )  # fmt: skip
        _read()
        return ratio <= MOST


def _one() -> None:
    """A holder and a published technology, which the others are copies of."""
    from django.utils import timezone

    from accounts.models import Organization
    from tech_listings.models import Listing

    holder = Organization.objects.create(
        kind="institute", institute_kind="university", name="가온대학교", business_number="1018100012"
    )
    Listing.objects.create(
        holder=holder, state="published", number="S2026000001", title_ko="수소 저장 탱크", registered_at=timezone.now(),
        summary_ko="압력에 견딘다. " * 40, deal_kinds=["non_exclusive_licence"],
    )  # fmt: skip


def _written(how: str, *, first: int) -> float:
    from django.db import connection

    from tech_listings.models import Listing

    names = [
        field.column for field in Listing._meta.concrete_fields if field.column not in ("id", "public_id", "number")
    ]
    listed = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        for table, name in TABLES.items():
            do = "ENABLE" if how == "with" else "DISABLE"
            cursor.execute(f"ALTER TABLE {table} {do} TRIGGER open_data_{name}_insert")
        start = time.perf_counter()
        cursor.execute(
            f"INSERT INTO tech_listings_listing (public_id, number, {listed})"
            f" SELECT gen_random_uuid(), 'S2026' || lpad((%s + n)::text, 6, '0'), {listed}"
            " FROM tech_listings_listing, generate_series(1, %s) AS n WHERE number = 'S2026000001'",
            [first, ROWS],
        )
        return time.perf_counter() - start


def _read() -> None:
    """All changes by pages of 500, with their records, as the API makes them."""
    from open_data.queries.cursors import Position
    from open_data.queries.feed import page_after

    position, read, start = Position("listings"), 0, time.perf_counter()
    while True:
        page = page_after(position, limit=500)
        read, position = read + len(page.moved), page.end
        if not page.more:
            break
    seconds = time.perf_counter() - start
    tell(what="a mirror reads them", rows=read, seconds=round(seconds, 2), rows_per_second=round(read / seconds))
