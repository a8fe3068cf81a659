"""The first step of everything that changes a listing: lock it, and see whether it is still what was read."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict
from tech_listings.models import Listing
from tech_listings.queries import versions


class ChangedMeanwhile(Conflict):
    """Somebody changed this listing after it was read (lessons F58)."""

    code = "changed_meanwhile"


def lock(listing: Listing, *, seen_revision: int | None = None) -> Listing:
    """The listing as it is now, locked, with its holder. Raises `ChangedMeanwhile` where it is another revision."""
    locked = Listing.objects.select_for_update(of=["self"]).select_related("holder").get(pk=listing.pk)
    if seen_revision is not None and locked.revision != seen_revision:
        raise ChangedMeanwhile(changed_meanwhile(locked))
    return locked


def changed_meanwhile(listing: Listing) -> str:
    """Who changed it last, when, and what it is now."""
    who, at = last_change(listing)
    return _(
        "%(who)s changed this technology after you opened it, at %(at)s. It is “%(state)s” now. "
        "Compare with the newest version, then go on."
    ) % {
        "who": who,
        "at": date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"),
        "state": listing.get_state_display(),
    }


def last_change(listing: Listing) -> tuple[str, datetime]:
    """Who made the last change of `listing`, as people call it, and when."""
    event = versions(listing).filter(revision__lt=listing.revision).select_related("pgh_context").last()
    if event is None:
        return (listing.created_by.name if listing.created_by else _("Somebody")), listing.created_at
    metadata = event.pgh_context.metadata if event.pgh_context else {}
    if metadata.get("source") == "import":
        return _("A file import"), event.pgh_created_at
    user = metadata.get("user")
    found = User.objects.filter(pk=user).first() if user else None
    return (found.name if found else _("Somebody")), event.pgh_created_at
