"""Listings as a target of imports."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from tech_listings.enums import DealKind, ImportTarget, ListingState, RightKind, RightStatus
from tech_listings.ingest.mapping import LISTING_FIELDS
from tech_listings.ingest.tables import Table
from tech_listings.models import Listing, Right, Run
from tech_listings.outbox import embed_after_commit
from tech_listings.services import ingest_write
from tech_listings.services.ingest_plan import Comparison, Plan
from tech_listings.services.ingest_targets import Shown, Target, register

HELD_ABOVE_PERCENT = 10


def compare(run: Run, table: Table, plan: Plan, at: datetime) -> None:
    Comparison(run, table, plan).all_rows()


def holds(run: Run, counts: Mapping[str, int]) -> bool:
    """Whether it would withdraw more than a tenth of what the source has published (lessons F45)."""
    if not counts["withdrawn"]:
        return False
    public = Listing.objects.published().filter(source=run.source).count()
    return counts["withdrawn"] * 100 > public * HELD_ABOVE_PERCENT


def why_held(run: Run) -> str:
    return _("This would withdraw %(count)s technologies, over a tenth of the source. Say that this is meant.") % {
        "count": run.withdrawn
    }


def write(*, run: Run, work: list[dict[str, Any]], numbers: Any, at: datetime) -> None:
    ingest_write.write_batch(run=run, work=work, numbers=numbers, at=at)


def label_of(name: str) -> str:
    model = Right if name.startswith("right.") else Listing
    return str(model._meta.get_field(name.removeprefix("right.")).verbose_name)  # type: ignore[union-attr]


def show(user: User, ids: Iterable[int]) -> dict[int, Shown]:
    language = get_language() or "ko"
    return {
        pk: Shown(listing.text_in("title", language), reverse("tech_listings:detail", args=[listing.reference]))
        for pk, listing in Listing.objects.in_bulk(list(ids)).items()
    }


def tidy_index() -> None:
    """Put the terms that still wait beside the search index into it, so that searches need not walk the list."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('document_terms'::regclass)")


register(
    Target(
        name=ImportTarget.LISTINGS,
        label=gettext_lazy("Technologies"),
        noun=gettext_lazy("Technology"),
        permission=Permission.IMPORT_LISTINGS,
        fields=LISTING_FIELDS,
        compare=compare,
        holds=holds,
        why_held=why_held,
        write=write,
        label_of=label_of,
        show=show,
        done=embed_after_commit,
        words={
            "state": dict(ListingState.choices),
            "right.status": dict(RightStatus.choices),
            "right.kind": dict(RightKind.choices),
            "deal_kinds": dict(DealKind.choices),
        },
    )
)
