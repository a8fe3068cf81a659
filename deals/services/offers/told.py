"""What became of an offer, for whoever comes second."""

from datetime import datetime
from typing import NoReturn

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from deals.enums.negotiation import OfferState
from deals.models import Negotiation, Offer
from marketplace.core.errors import NotPossibleNow


def refuse_answered(offer: Offer) -> NoReturn:
    state = {"state": offer.get_state_display(), "serial": offer.serial}
    raise NotPossibleNow(_("Offer %(serial)d is “%(state)s” meanwhile. Reload the page to see it.") % state)


def require_waiting(offer: Offer, at: datetime) -> None:
    """Raise `NotPossibleNow` where it was answered or withdrawn, or its last day has passed."""
    if offer.state != OfferState.OFFERED:
        refuse_answered(offer)
    if not offer.can_be_accepted_on(timezone.localdate(at)):
        day = {"day": date_format(offer.valid_until, "SHORT_DATE_FORMAT")}
        raise NotPossibleNow(_("It could be answered until %(day)s. A new offer is needed.") % day)


def locked_offer(offer: Offer, negotiation: Negotiation) -> Offer:
    """Under its lock; the negotiation's is held already."""
    rows = Offer.objects.for_page().select_for_update(of=["self"])
    return rows.get(pk=offer.pk, negotiation=negotiation)
