"""The first step of everything that changes a listing: lock it, and see whether it is still what was read."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import ChangedMeanwhile
from tech_listings.models import Listing
from tech_listings.queries import versions


def lock(listing: Listing, *, seen_revision: int | None = None, by: User | None = None) -> Listing:
    """The listing as it is now, locked, with its holder. Raises `ChangedMeanwhile` where it is another revision."""
    locked = Listing.objects.select_for_update(of=["self"]).select_related("holder").get(pk=listing.pk)
    refuse_changed(locked, seen_revision, by)
    return locked


def refuse_changed(listing: Listing, seen_revision: int | None, by: User | None) -> None:
    """Raise `ChangedMeanwhile` where this is another revision than the one that `by` saw; None: whichever."""
    if seen_revision is not None and listing.revision != seen_revision:
        raise ChangedMeanwhile(changed_meanwhile(listing, by))


def changed_meanwhile(listing: Listing, by: User | None = None) -> str:
    """Who changed it last, when, and what it is now. Told to `by`, who may have done it in another tab."""
    who, at = last_change(listing)
    if by is not None and who == by:
        said = _(
            "You changed this technology yourself after you opened this page, at %(at)s. It is “%(state)s” now. "
            "Compare with the newest version, then go on."
        )
    else:
        said = _(
            "%(who)s changed this technology after you opened it, at %(at)s. It is “%(state)s” now. "
            "Compare with the newest version, then go on."
        )
    return said % {
        "who": who if isinstance(who, str) else who.name,
        "at": date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"),
        "state": listing.get_state_display(),
    }


def last_change(listing: Listing) -> tuple[User | str, datetime]:
    """Who made the last change of `listing` (a word where it was no person who is known), and when."""
    event = versions(listing).filter(revision__lt=listing.revision).select_related("pgh_context").last()
    if event is None:
        return listing.created_by or _("Somebody"), listing.created_at
    metadata = event.pgh_context.metadata if event.pgh_context else {}
    if metadata.get("source") == "import":
        return _("A file import"), event.pgh_created_at
    user = metadata.get("user")
    found = User.objects.filter(pk=user).first() if user else None
    return found or _("Somebody"), event.pgh_created_at
