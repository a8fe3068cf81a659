"""An officer registers many listings together. What changed after it was read is left out, and said to be so."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.db import transaction

from accounts.models import User
from marketplace.core.errors import DomainError
from tech_listings import notices
from tech_listings.models import Listing
from tech_listings.services.lock import ChangedMeanwhile, changed_meanwhile
from tech_listings.services.publish import numbers_for
from tech_listings.services.review import in_review, refuse_own, register


@dataclass(frozen=True)
class Choice:
    """A listing, and the revision of it that the officer read."""

    listing: Listing
    revision: int


@dataclass(frozen=True)
class LeftOut:
    listing: Listing
    why: str


@dataclass
class Batch:
    done: list[Listing] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def sort_out(choices: Sequence[Choice], *, by: User) -> tuple[list[Choice], list[LeftOut]]:
    """What could be registered as it stands, and what not and why. Reads only: what counts is looked at again."""
    good, bad = [], []
    for choice in choices:
        try:
            if choice.listing.revision != choice.revision:
                raise ChangedMeanwhile(changed_meanwhile(choice.listing))
            refuse_own(choice.listing, by)
            in_review(choice.listing)
            good.append(choice)
        except DomainError as error:
            bad.append(LeftOut(choice.listing, str(error)))
    return good, bad


def approve_many(*, choices: Sequence[Choice], by: User, at: datetime) -> Batch:
    """Register them, each as `approve` does. One transaction and one message per holder (lessons F41).

    Numbers are set aside first, in a transaction of their own: nobody else who registers waits for this batch.
    """
    batch = Batch()
    fresh = sum(choice.listing.number is None for choice in choices)
    with transaction.atomic():
        numbers = iter(numbers_for(count=fresh, at=at) if fresh else [])
    by_holder = sorted(choices, key=lambda choice: (choice.listing.holder_id, choice.listing.pk))
    for _holder, of_holder in groupby(by_holder, key=lambda choice: choice.listing.holder_id):
        with transaction.atomic():
            done = [
                listing
                for choice in of_holder
                if (listing := _one(choice, None if choice.listing.number else next(numbers), batch, by, at))
            ]
            if len(done) == 1:
                notices.listing_decided("listing_registered", done[0], at=at)
            elif done:
                notices.listings_registered(done[0].holder, done, at=at)
        batch.done += done
    return batch


def _one(choice: Choice, number: str | None, batch: Batch, by: User, at: datetime) -> Listing | None:
    try:
        with transaction.atomic():
            return register(listing=choice.listing, seen_revision=choice.revision, by=by, at=at, number=number)
    except DomainError as error:
        batch.left_out.append(LeftOut(choice.listing, str(error)))
        return None
