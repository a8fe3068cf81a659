"""How often mail comes about a saved search or a need, and that it comes no more."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import User
from marketplace.core.errors import NotAllowed
from matching.enums import AlertRate
from matching.models import Need, SavedSearch


def lock_own(search: SavedSearch, by: User) -> SavedSearch:
    """`search`, locked. `NotAllowed` for somebody else's; gone meanwhile: `SavedSearch.DoesNotExist`."""
    locked = SavedSearch.objects.select_for_update().get(pk=search.pk)
    if locked.owner_id != by.pk:
        raise NotAllowed("A saved search belongs to the person who saved it.")
    return locked


def no_news_any_more(asking: SavedSearch | Need) -> None:
    """What was found while no mail was wanted stays on the page, and is not mailed all at once later."""
    asking.matches.filter(alerted_at__isnull=True).update(is_news=False)


@transaction.atomic
def stop_mail(*, user: User, searches: Iterable[UUID], needs: Iterable[UUID]) -> int:
    """No more mail about these of the user's own; matches still appear on their pages. How many were stopped."""
    mine = SavedSearch.objects.filter(owner=user, public_id__in=list(searches)).exclude(rate=AlertRate.OFF)
    asked = Need.objects.filter(owner=user, public_id__in=list(needs)).exclude(rate=AlertRate.OFF)
    # Another revision of the need: a form that was opened before would put the old rate back.
    return mine.update(rate=AlertRate.OFF) + asked.update(rate=AlertRate.OFF, revision=F("revision") + 1)
