"""An officer registers many listings together. What changed after it was read is left out, and said to be so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.db import transaction

from accounts.models import User
from marketplace.core.errors import DomainError
from tech_listings import notices
from tech_listings.enums import Decision
from tech_listings.models import Listing, Submission
from tech_listings.services.publish import make_all_public, numbers_for
from tech_listings.services.review import AlreadyRegistered, own_organizations, refuse_unregistrable, register


@dataclass(frozen=True)
class Choice:
    """A listing, and the revision of it that the officer read."""

    listing: Listing
    revision: int


@dataclass(frozen=True)
class LeftOut:
    """`is_done`: somebody registered it a moment ago, so that nothing is wrong."""

    listing: Listing
    why: str
    is_done: bool = False


@dataclass
class Batch:
    done: list[Listing] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def was_done_before(self) -> bool:
        """Sent a second time: there was nothing to do any more."""
        return not self.done and bool(self.left_out) and all(left.is_done for left in self.left_out)


def sort_out(choices: Sequence[Choice], *, by: User) -> tuple[list[Choice], list[LeftOut]]:
    """What could be registered as it stands, and what not and why. Asks nothing where all of it can be.

    Of listings that were only read this is a forecast; of locked ones it holds.
    """
    good, bad, own = [], [], own_organizations(by)
    for choice in choices:
        try:
            refuse_unregistrable(choice.listing, seen_revision=choice.revision, by=by, own=own)
            good.append(choice)
        except DomainError as error:
            bad.append(_left_out(choice, error))
    return good, bad


def _left_out(choice: Choice, error: DomainError) -> LeftOut:
    return LeftOut(choice.listing, str(error), isinstance(error, AlreadyRegistered))


def approve_many(*, choices: Sequence[Choice], by: User, at: datetime) -> Batch:
    """Register them, each as `approve` does. One transaction, one message and the same number of statements per holder,
    however many technologies it has (lessons F41).

    Numbers are set aside first, in a transaction of their own: nobody else who registers waits for this batch.
    """
    batch = Batch()
    fresh = [choice.listing.pk for choice in choices if choice.listing.number is None]
    with transaction.atomic():
        numbers = dict(zip(fresh, numbers_for(count=len(fresh), at=at), strict=True)) if fresh else {}
    by_holder = sorted(choices, key=lambda choice: (choice.listing.holder_id, choice.listing.pk))
    for _holder, of_holder in groupby(by_holder, key=lambda choice: choice.listing.holder_id):
        of_one = list(of_holder)
        try:
            with transaction.atomic():
                done, left_out = _together(of_one, numbers, by, at)
        except DomainError:  # an app above refuses one of them: which one is found by taking each alone
            with transaction.atomic():
                done, left_out = _each_alone(of_one, numbers, by, at)
        batch.done += done
        batch.left_out += left_out
    return batch


def _together(
    choices: Sequence[Choice], numbers: Mapping[int, str], by: User, at: datetime
) -> tuple[list[Listing], list[LeftOut]]:
    seen = {choice.listing.pk: choice.revision for choice in choices}
    rows = Listing.objects.filter(pk__in=seen).select_related("holder").order_by("pk")
    locked = [Choice(listing, seen[listing.pk]) for listing in rows.select_for_update(of=["self"])]
    good, left_out = sort_out(locked, by=by)
    done = [choice.listing for choice in good]
    if done:
        waiting = Submission.objects.waiting().filter(listing__in=[listing.pk for listing in done])
        waiting.update(decision=Decision.APPROVED, decided_at=at, decided_by=by)
        make_all_public(done, numbers=numbers, at=at)
        _tell(done, at)
    return done, left_out


def _each_alone(
    choices: Sequence[Choice], numbers: Mapping[int, str], by: User, at: datetime
) -> tuple[list[Listing], list[LeftOut]]:
    done, left_out = [], []
    for choice in choices:
        number = numbers.get(choice.listing.pk)
        try:
            with transaction.atomic():
                done.append(
                    register(listing=choice.listing, seen_revision=choice.revision, by=by, at=at, number=number)
                )
        except DomainError as error:
            left_out.append(_left_out(choice, error))
    if done:
        _tell(done, at)
    return done, left_out


def _tell(done: list[Listing], at: datetime) -> None:
    if len(done) == 1:
        notices.listing_decided("listing_registered", done[0], at=at)
    else:
        notices.listings_registered(done[0].holder, done, at=at)
