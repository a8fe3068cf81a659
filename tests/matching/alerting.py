"""What beat does about alerts, in one call."""

from datetime import timedelta

from matching.services.alerts import gather_all, people_due
from notifications.delivery import deliver_all, waiting_for_mail
from tech_listings.models import Listing
from tests.factories.tech_listings import REGISTERED

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def run(at):
    """What beat does: gather, then mail. How many messages were written."""
    written = gather_all(user_ids=people_due(at), at=at)
    deliver_all(waiting_for_mail(), at)
    return written


def withdraw(listing):
    Listing.objects.filter(pk=listing.pk).update(state="withdrawn", withdrawn_at=REGISTERED)


def way_out(message):
    header = message.extra_headers["List-Unsubscribe"]
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return "/" + header.strip("<>").split("/", 3)[3]
