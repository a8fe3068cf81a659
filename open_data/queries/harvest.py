"""Listings as OAI-PMH asks for them: by time, by set, page by page."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db import connection
from django.db.models import Max, Min, OuterRef, Subquery

from open_data.enums import Collection
from open_data.models import Change, Seal
from open_data.queries.records import public_rows
from tech_listings.enums import SHOWN_STATES
from tech_listings.models import Listing

AT_ONCE = 100
TOKEN = Signer(salt="open_data.oai", sep=".")
SECTIONS = "ABCDEFGH"
MICRO = timedelta(microseconds=1)


class BadToken(Exception):
    """A resumption token that is not one of ours, or holds no longer."""


@dataclass(frozen=True)
class Harvest:
    """What is asked for: changes of `low <= xid < high`, of a section of the IPC or of all, from after `(xid, id)`."""

    prefix: str
    low: int
    high: int
    section: str = ""
    xid: int = 0
    object_id: str = str(UUID(int=0))

    @property
    def token(self) -> str:
        said = (self.prefix, self.low, self.high, self.section, self.xid, UUID(self.object_id).hex)
        return TOKEN.sign("_".join(map(str, said)))


@dataclass(frozen=True)
class Header:
    """`listing`: what everybody may read of it; None: nothing any more. `at`: since when it is so."""

    number: str
    at: datetime
    listing: Listing | None


@dataclass(frozen=True)
class HarvestPage:
    headers: list[Header]
    next: Harvest | None


def harvest_of(token: str) -> Harvest:
    """Raises `BadToken`."""
    try:
        prefix, low, high, section, xid, object_id = TOKEN.unsign(token[:300]).rsplit("_", 5)
        made = Harvest(prefix, int(low), int(high), section, int(xid), str(UUID(object_id)))
    except (BadSignature, ValueError):
        raise BadToken from None
    if Seal.objects.filter(xid_below__gte=made.high).exists():
        return made
    raise BadToken  # the feed began anew


def begin_harvest(*, prefix: str, since: datetime | None, until: datetime | None, section: str) -> Harvest | None:
    """None where nothing can match. Both times to the second, and including it."""
    seals = Seal.objects.all()
    before = seals.filter(at__lt=since) if since else seals.none()
    low = before.aggregate(most=Max("xid_below"))["most"] or 0
    up_to = seals.filter(at__lt=until + timedelta(seconds=1)) if until else seals
    high = up_to.aggregate(most=Max("xid_below"))["most"] or 0
    return Harvest(prefix, low, high, section) if high > low else None


def earliest() -> datetime | None:
    return Seal.objects.aggregate(first=Min("at"))["first"]


# The last change of an object counts: one that changed again after the time asked for is no match any more. Its time is
# that of the first seal over it; seals are many, so they are asked for one by one, by the index.
PAGE = """
    SELECT change.object_id, change.xid, (
        SELECT seal.at FROM open_data_seal AS seal WHERE seal.xid_below > change.xid ORDER BY seal.xid_below LIMIT 1)
    FROM open_data_change AS change
    LEFT JOIN tech_listings_listing AS listing ON listing.public_id = change.object_id
    WHERE change.collection = 'listings' AND change.xid >= %(low)s AND change.xid < %(high)s
    AND (change.xid, change.object_id) > (%(xid)s, %(object_id)s)
    AND NOT EXISTS (
        SELECT FROM open_data_change AS later
        WHERE later.object_id = change.object_id AND later.xid > change.xid AND later.xid < %(sealed)s)
    AND (%(section)s = '' OR listing.state NOT IN %(shown)s OR EXISTS (
        SELECT FROM unnest(listing.ipc_prefixes) AS prefix WHERE prefix LIKE %(section)s || '%%'))
    ORDER BY change.xid, change.object_id LIMIT %(limit)s
"""


def harvest_page(asked: Harvest) -> HarvestPage:
    """The next `AT_ONCE` headers with their listings. Five questions."""
    sealed = _sealed()
    if not sealed:
        return HarvestPage([], None)
    with connection.cursor() as cursor:
        cursor.execute(
            PAGE,
            {
                "low": asked.low, "high": asked.high, "xid": asked.xid, "object_id": asked.object_id,
                "sealed": sealed, "section": asked.section, "shown": tuple(map(str, SHOWN_STATES)),
                "limit": AT_ONCE + 1,
            },
        )  # fmt: skip
        found = cursor.fetchall()
    rows = found[:AT_ONCE]
    headers = _headers(rows)
    if len(found) <= AT_ONCE:
        return HarvestPage(headers, None)
    return HarvestPage(headers, replace(asked, xid=rows[-1][1], object_id=str(rows[-1][0])))


def _sealed() -> int:
    """Below this one every change has its time; 0 where nothing was sealed yet."""
    return Seal.objects.aggregate(most=Max("xid_below"))["most"] or 0


def _headers(rows: list[Any]) -> list[Header]:
    """Of (object, xid, since when), in the same order."""
    ids = [object_id for object_id, _xid, _at in rows]
    shown = {row.public_id: row for row in public_rows(Collection.LISTINGS).filter(public_id__in=ids).order_by("pk")}
    numbers = dict(Listing.objects.filter(public_id__in=ids).order_by("pk").values_list("public_id", "number"))
    return [
        Header(number, at, shown.get(object_id)) for object_id, _xid, at in rows if (number := numbers.get(object_id))
    ]


def header_of(number: str) -> Header | None:
    """Of one listing that is or was public and whose last change is sealed; None for any other."""
    object_id = Listing.objects.filter(number=number).values_list("public_id", flat=True).first()
    if object_id is None:
        return None
    changes = Change.objects.filter(collection=Collection.LISTINGS, object_id=object_id, xid__lt=_sealed())
    since = Seal.objects.filter(xid_below__gt=OuterRef("xid")).order_by("xid_below").values("at")[:1]
    last = changes.order_by("-xid").values_list("object_id", "xid", Subquery(since)).first()
    return None if last is None else _headers([last])[0]
