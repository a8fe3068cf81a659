"""What lower apps say, and what it means for duties."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.events import personal_data_requested
from accounts.models import User
from obligations.models import Exemption
from obligations.outbox import settle_after_commit
from obligations.services.secrecy import refuse_secret, withdraw_secret
from obligations.services.settle import lock_projects, projects_of_listings, settle
from tech_listings.events import (
    listing_changed,
    listing_closed,
    listing_suspended,
    listing_withdrawn,
    listings_published,
    listings_publishing,
    listings_suspended,
    listings_written,
)
from tech_listings.models import Listing


@receiver(listings_publishing, dispatch_uid="obligations.listings_publishing")
def refuse_what_is_secret(sender: Any, listings: Sequence[Listing], **kwargs: Any) -> None:
    """Before the database does, whose words are not for people. Projects stay held until they are published."""
    ids = [listing.pk for listing in listings]
    lock_projects(projects_of_listings(ids))
    refuse_secret(among=ids)


@receiver(listings_published, dispatch_uid="obligations.listings_published")
def settle_what_these_touch(sender: Any, listings: Sequence[Listing], at: datetime, **kwargs: Any) -> None:
    """In the transaction that published them: whoever looks next sees both."""
    settle(projects=projects_of_listings([listing.pk for listing in listings]), at=at)


@receiver(listing_changed, dispatch_uid="obligations.listing_changed")
@receiver(listing_withdrawn, dispatch_uid="obligations.listing_withdrawn")
@receiver(listing_suspended, dispatch_uid="obligations.listing_suspended")
@receiver(listing_closed, dispatch_uid="obligations.listing_closed")
def settle_what_it_touches(sender: Any, listing: Listing, at: datetime | None = None, **kwargs: Any) -> None:
    """In the transaction that changed or withdrew it."""
    settle(projects=projects_of_listings([listing.pk]), at=at or timezone.now())
    # After the projects are held: one that became a security project a moment ago is seen as such here.
    if listing.is_public:
        refuse_secret(among=[listing.pk])


@receiver(listings_written, dispatch_uid="obligations.listings_written")
def settle_after_an_import(sender: Any, listing_ids: Sequence[int], at: datetime, **kwargs: Any) -> None:
    """After the import's transaction: a batch of it must not hold thousands of projects.

    What would show something of a security project is withdrawn within it, so that nobody ever sees it.
    """
    withdraw_secret(among=listing_ids, at=at)
    settle_after_commit(listing_ids)


@receiver(listings_suspended, dispatch_uid="obligations.listings_suspended")
def settle_after_a_suspension(sender: Any, listing_ids: Sequence[int], **kwargs: Any) -> None:
    """After the transaction, as after an import."""
    settle_after_commit(listing_ids)


@receiver(personal_data_requested, dispatch_uid="obligations.personal_data")
def what_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    asked = Exemption.objects.filter(asked_by=user).order_by("asked_at")
    return "exemptions", list(asked.values("asked_at", "ground", "text", "state"))
