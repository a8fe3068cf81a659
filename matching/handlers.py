"""What lower apps say, and what it means for matching."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.events import membership_ended, personal_data_requested
from accounts.models import Membership, User
from matching.models import Alerted, Match, Need, NeedAnswer, SavedSearch
from matching.outbox import percolate_after_commit
from matching.services.hand_over import hand_over
from matching.services.percolate import note
from tech_listings.events import listing_changed, listing_meanings_made, listings_published, listings_written
from tech_listings.models import Listing


@receiver(listings_published, dispatch_uid="matching.listings_published")
def these_are_news(sender: Any, listings: Sequence[Listing], at: datetime, **kwargs: Any) -> None:
    note([listing.pk for listing in listings], at=at)


@receiver(listing_changed, dispatch_uid="matching.listing_changed")
def one_is_news(sender: Any, listing: Listing, at: datetime, **kwargs: Any) -> None:
    note([listing.pk], at=at)


@receiver(listings_written, dispatch_uid="matching.listings_written")
def many_are_news(sender: Any, listing_ids: Sequence[int], at: datetime, **kwargs: Any) -> None:
    note(listing_ids, at=at, of_import=True)


@receiver(listing_meanings_made, dispatch_uid="matching.listing_meanings_made")
def what_waited_can_go_on(sender: Any, **kwargs: Any) -> None:
    percolate_after_commit()


@receiver(membership_ended, dispatch_uid="matching.membership_ended")
def needs_stay_with_the_firm(sender: Any, membership: Membership, by: User, **kwargs: Any) -> None:
    hand_over(organization=membership.organization, leaver=membership.user, by=by)


@receiver(personal_data_requested, dispatch_uid="matching.needs_of_a_person")
def needs_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    rows = Need.objects.filter(owner=user).order_by("opened_at", "pk")
    return "needs", list(rows.values("number", "opened_at", "title", "problem", "answer_by", "state", "outcome"))


@receiver(personal_data_requested, dispatch_uid="matching.answers_of_a_person")
def answers_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    rows = NeedAnswer.objects.filter(answered_by=user).order_by("answered_at", "pk")
    return "need_answers", list(rows.values("need__number", "kind", "listing__number", "text", "answered_at"))


@receiver(personal_data_requested, dispatch_uid="matching.judgements_of_a_person")
def judgements_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    rows = Match.objects.filter(judged_by=user).order_by("judged_at", "pk")
    return "match_judgements", list(rows.values("listing__number", "why_not", "why_not_text", "judged_at"))


@receiver(personal_data_requested, dispatch_uid="matching.searches_of_a_person")
def searches_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    rows = SavedSearch.objects.filter(owner=user).order_by("created_at", "pk")
    kept = rows.values("name", "query", "rate", "state", "created_at", "opened_at")
    return "saved_searches", list(kept)


@receiver(personal_data_requested, dispatch_uid="matching.alerted_of_a_person")
def what_was_told(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    rows = Alerted.objects.filter(user=user).order_by("at", "pk")
    return "alerted_technologies", list(rows.values("listing__number", "at"))
