"""Names and addresses of inventors go once nobody needs them: they have no account in which they could ask for it."""

from datetime import datetime, timedelta

from django.db.models import Q

from tech_listings.enums import InventorState
from tech_listings.models import InventorInvitation, Prefill
from tech_listings.services.inventor import OPEN_TO_INVENTORS

KEPT = timedelta(days=180)
"""After a link expired, ended or was decided on; of people in a prefill, after the draft was made."""

AT_ONCE = 1_000


def forget_inventors(*, at: datetime, most: int = AT_ONCE) -> int:
    """Delete links that are long over, and empty the people of prefills whose technology is no draft any more.

    At most `most` rows of each; how many it was. Called until there are none; twice is the same as once. An answer that
    the office has not looked at stays as long as its technology can take it over.
    """
    since = at - KEPT
    over = Q(state=InventorState.OPEN, expires_at__lte=since)
    over |= Q(state=InventorState.ENDED, ended_at__lte=since)
    over |= Q(state__in=[InventorState.ACCEPTED, InventorState.SET_ASIDE], decided_at__lte=since)
    over |= Q(state=InventorState.SENT, sent_at__lte=since) & ~Q(listing__state__in=OPEN_TO_INVENTORS)
    links = InventorInvitation.objects.filter(over).order_by("pk").values("pk")[:most]
    gone, _by_model = InventorInvitation.objects.filter(pk__in=links).delete()
    known = Prefill.objects.filter(made_at__lte=since).exclude(people=[])
    past = known.exclude(listing__state__in=OPEN_TO_INVENTORS).order_by("pk").values("pk")[:most]
    return gone + Prefill.objects.filter(pk__in=past).update(people=[])
