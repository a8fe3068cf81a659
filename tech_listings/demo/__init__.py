"""Invented technologies over all fields, one file per group of fields beside this; loaded through the services."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.utils import timezone

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from tech_listings.enums import Outcome, RightStatus
from tech_listings.models import Listing
from tech_listings.services.check import check_submission
from tech_listings.services.confirm import confirm_listings
from tech_listings.services.edit import create_draft, edit_listing
from tech_listings.services.market import close
from tech_listings.services.publish import withdraw
from tech_listings.services.review import register, return_listing
from tech_listings.services.submission import submit

HERE = Path(__file__).parent
OPENING = time(9, 30)
A_WEEK = timedelta(days=7)
COPIED = (
    "title_ko", "title_en", "title_zh", "value_ko", "value_en", "value_zh", "summary_ko", "summary_en",
    "keywords", "trl", "st_class", "deal_kinds", "price_won",
)  # fmt: skip
RENAMED = {
    "problem": "problem_ko",
    "effect": "effect_ko",
    "field_of_use": "field_of_use_ko",
    "conditions_of_use": "conditions_of_use_ko",
    "ipc_codes": "ipc",
    "ksic_code": "ksic",
    "confidential_text": "confidential_ko",
    "confidential_reason": "confidential_reason_ko",
}
LEFT_ALONE = frozenset({
    "acoustic-metamaterial-fan", "antifog-film", "waste-heat-orc-small", "self-healing-coating", "dialect-speech-recog",
    "uv-ink-low-migration", "touch-sensor-metal-mesh", "radar-vital-sign",
})  # fmt: skip
"""Nobody confirmed these since the day in their file; the others were confirmed within `CONFIRMED_WITHIN`."""

CONFIRMED_WITHIN = timedelta(days=100)
LAPSED = "voc-zeolite-rotor-humid"
CLOSED = "did-diploma-verify"
DATES = ("application_on", "registration_on", "expires_on")


@cache
def technology_rows() -> list[dict[str, Any]]:
    """All of them, the one registered first at the front and the drafts at the end."""
    rows = [row for path in sorted(HERE.glob("*.json")) for row in json.loads(path.read_text(encoding="utf-8"))]
    return sorted(rows, key=lambda row: (row["registered_on"] or "9999", row["key"]))


def public_id_of(key: str) -> UUID:
    """The same in every copy, so that loading again finds what is there."""
    return uuid5(NAMESPACE_URL, f"https://ieum.example/demo/{key}")


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Write the technologies that are not there yet, as their holders would have on the days in the files.

    A day after `at` becomes `at`. Returns how many are new.
    """
    rows = technology_rows()
    authors = {key: _author(organizations[key]) for key in {row["organization"] for row in rows}}
    office = next(o for o in organizations.values() if o.kind == OrganizationKind.GOVERNMENT)
    officer = _author(office, Permission.REVIEW_LISTINGS)
    ids = [public_id_of(row["key"]) for row in rows]
    there = set(Listing.objects.filter(public_id__in=ids).values_list("public_id", flat=True))
    wanted = [(public_id, row) for public_id, row in zip(ids, rows, strict=True) if public_id not in there]
    for position, (public_id, row) in enumerate(wanted):
        holder, author = organizations[row["organization"]], authors[row["organization"]]
        _write(public_id, row, holder, author, officer, at, position)
    return len(wanted)


def _write(
    public_id: UUID,
    row: Mapping[str, Any],
    holder: Organization,
    author: User,
    officer: User,
    at: datetime,
    position: int,
) -> None:
    registered_at = _moment(row["registered_on"], at, position)
    listing = create_draft(
        holder=holder, content=_content(row), rights=_rights(row), by=author, at=registered_at, public_id=public_id
    )
    if row["state"] == "draft":
        return
    sent = submit(listing=listing, by=author, at=registered_at)
    check_submission(pk=sent.pk, at=registered_at)
    listing = Listing.objects.get(pk=listing.pk)
    if row["state"] == "in_review":
        return
    if row["state"] == "returned":
        return_listing(
            listing=listing, marks=row["returned"], seen_revision=listing.revision, by=officer, at=registered_at
        )
        return
    listing = register(listing=listing, seen_revision=listing.revision, by=officer, at=registered_at)
    last = _moment(row["confirmed_on"], at, position)
    if row["state"] == "withdrawn":
        withdraw(listing=listing, reason=row["conditions_of_use_ko"], by=author, at=last)
        return
    if row["key"] not in LEFT_ALONE:
        last = max(last, at - CONFIRMED_WITHIN)
    confirm_listings(holder=holder, listing_ids=[listing.pk], by=author, at=last)
    if row["key"] == LAPSED:
        rights = [right | {"status": RightStatus.EXPIRED} for right in _rights(row)]
        edit_listing(
            listing=listing, content={}, rights=rights, seen_revision=listing.revision, by=author, at=at - A_WEEK
        )
    if row["key"] == CLOSED:
        text = "전용실시권 설정 계약 체결"
        close(listing=listing, outcome=Outcome.EXCLUSIVE, text=text, by=author, at=at - A_WEEK)


def _content(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in COPIED} | {name: row[source] for name, source in RENAMED.items()}


def _rights(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            **right,
            "status": right["status"] or RightStatus.NONE,
            **{name: date.fromisoformat(right[name]) if right[name] else None for name in DATES},
        }
        for right in row["rights"]
    ]


def _moment(day: str | None, at: datetime, position: int) -> datetime:
    """A moment of that day in office hours, two of which never fall together; never later than `at`."""
    if not day:
        return at
    opening = datetime.combine(date.fromisoformat(day), OPENING, timezone.get_default_timezone())
    return min(opening + timedelta(minutes=position), at)


def _author(organization: Organization, permission: Permission = Permission.PUBLISH_LISTINGS) -> User:
    """Who writes for the holder, or decides for the office."""
    found = users_with_permission(organization, permission).order_by("pk").first()
    assert found is not None, f"nobody may publish for {organization}"
    return found
