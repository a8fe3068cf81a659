"""What the sitemap lists of rows: public ones, in parts of at most `PART` addresses."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, QuerySet
from django.urls import reverse

from brokers.models import Registration
from marketplace.core.replica import on_replica
from programmes.models import Call
from tech_listings.models import Listing

PART = 20_000
"""Fewer than the 50,000 that the protocol allows: a part is then made in well under a second."""

Entry = tuple[str, datetime | None]


def _rows(section: str) -> QuerySet[Any]:
    rows: dict[str, QuerySet[Any]] = {
        "technologies": Listing.objects.published(),
        "brokers": Registration.objects.listed(),
        "calls": Call.objects.published(),
    }
    return on_replica(rows[section])


SECTIONS = ("technologies", "brokers", "calls")


def parts() -> list[tuple[str, int]]:
    """(section, number of the part). A part is a stretch of keys, so that it costs the same wherever it lies."""
    found = []
    for section in SECTIONS:
        ends = _rows(section).order_by().aggregate(first=Min("pk"), last=Max("pk"))
        if ends["first"] is not None:
            found += [(section, n) for n in range(ends["first"] // PART, ends["last"] // PART + 1)]
    return found


def entries(section: str, part: int) -> Iterator[Entry]:
    """(path, when it was changed last) of a part."""
    rows = _rows(section).filter(pk__gte=part * PART, pk__lt=(part + 1) * PART).order_by("pk")
    if section == "technologies":
        for number, changed in rows.values_list("number", "updated_at"):
            yield f"/technologies/{number}/", changed
    elif section == "brokers":
        for number, changed in rows.values_list("number", "updated_at"):
            yield reverse("brokers:broker", args=[number]), changed
    else:
        for public_id, changed in rows.values_list("public_id", "updated_at"):
            yield reverse("programmes:call", args=[public_id]), changed
