"""Many drafts at once: what was typed in a table is saved row by row, and those that are complete are sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from marketplace.core.errors import DomainError
from obligations import notices
from tech_listings.models import Listing
from tech_listings.services.edit import edit_listing
from tech_listings.services.submission import submit

MOST_SENT = 200


@dataclass(frozen=True)
class RowChange:
    listing: Listing
    content: Mapping[str, Any]
    seen_revision: int


@dataclass
class Saved:
    """`rows` are the technologies as they are now; `errors` why one was not saved, by its primary key."""

    rows: list[Listing] = field(default_factory=list)
    errors: dict[int, DomainError] = field(default_factory=dict)


@dataclass
class Sent:
    listings: list[Listing] = field(default_factory=list)
    refused: list[tuple[Listing, str]] = field(default_factory=list)


def save_rows(*, institute: Organization, changes: Sequence[RowChange], by: User, at: datetime) -> Saved:
    """Save each row by itself: one that cannot be saved keeps no other from being saved. Raises `NotAllowed`."""
    require_member(by, Permission.EDIT_LISTINGS, institute)
    saved = Saved()
    for change in changes:
        try:
            saved.rows.append(
                edit_listing(
                    listing=change.listing,
                    content=change.content,
                    rights=None,
                    seen_revision=change.seen_revision,
                    by=by,
                    at=at,
                )
            )
        except DomainError as error:
            saved.errors[change.listing.pk] = error
    return saved


@transaction.atomic
def send_many(
    *, institute: Organization, chosen: Sequence[tuple[Listing, int]], key: UUID, by: User, at: datetime
) -> Sent:
    """Send these technologies (each with the revision that was seen) of the institute for registration.

    What is incomplete, was changed meanwhile or is sent already stays, with the reason. Colleagues get one message
    for all of them; the same `key` tells them once. Locks the technologies in the order of their keys.
    """
    require_member(by, Permission.PUBLISH_LISTINGS, institute)
    if len(chosen) > MOST_SENT:
        raise DomainError(_("Choose at most %(most)d at once.") % {"most": MOST_SENT})
    sent = Sent()
    for listing, revision in sorted(chosen, key=lambda pair: pair[0].pk):
        if listing.holder_id != institute.pk:
            raise DomainError(_("This technology belongs to another institute."))
        try:
            with transaction.atomic():
                sent.listings.append(submit(listing=listing, seen_revision=revision, by=by, at=at).listing)
        except DomainError as error:
            sent.refused.append((listing, str(error)))
    if sent.listings:
        notices.drafts_sent(institute, len(sent.listings), key=key, by=by, at=at)
    return sent
