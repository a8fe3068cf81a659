"""Make many drafts at once, of what is known already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from accounts.models import Organization, User
from tech_listings.models import Listing, Prefill, Right
from tech_listings.search.documents import write_documents
from tech_listings.services.derive import derive
from tech_listings.services.edit import EDITABLE


@dataclass(frozen=True)
class NewDraft:
    """`content` and `rights` as `edit.create_draft` takes them; the rest as `models.Prefill` keeps it."""

    content: Mapping[str, Any]
    rights: Sequence[Mapping[str, Any]] = ()
    origins: Mapping[str, Any] = field(default_factory=dict)
    people: Sequence[Mapping[str, str]] = ()


@transaction.atomic
def create_drafts(*, holder: Organization, drafts: Sequence[NewDraft], by: User, at: datetime) -> list[Listing]:
    """The drafts, in the order given, with the same number of statements for one as for many.

    Calling twice makes them twice: what must not happen twice is held by the caller's lock.
    """
    listings, rights = [], []
    for draft in drafts:
        if unknown := set(draft.content) - EDITABLE:
            raise TypeError(f"not editable: {sorted(unknown)}")
        listing = Listing(holder=holder, created_by=by, **draft.content)
        own = [Right(listing=listing, **right) for right in draft.rights]
        derive(listing, own, on=timezone.localdate(at))
        listings.append(listing)
        rights.append(own)
    Listing.objects.bulk_create(listings)
    Right.objects.bulk_create([right for own in rights for right in own])
    Prefill.objects.bulk_create(
        [
            Prefill(listing=listing, origins=dict(draft.origins), people=list(draft.people), made_at=at)
            for listing, draft in zip(listings, drafts, strict=True)
        ]
    )
    prefetch_related_objects(listings, "rights")
    write_documents(listings, at=at)
    return listings
