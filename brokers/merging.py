"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from brokers.enums.cases import OPEN_HAND_OVERS
from brokers.enums.fees import OPEN_QUOTES
from brokers.enums.mandates import MandateState
from brokers.enums.registration import OPEN_APPLICATIONS, RegistrationState
from brokers.models import (
    Application,
    BrokeredDeal,
    HandOver,
    Mandate,
    MandatePartner,
    Quote,
    QuoteShare,
    Rating,
    Registration,
    StaffEntry,
)

OPEN_MANDATES = (MandateState.OFFERED, MandateState.ACCEPTED)


@receiver(organizations_merging, dispatch_uid="brokers.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """Mandates, quotes and registrations were given to one firm by name: they end, and the other one makes its own."""
    said = Answers(gone)
    said.stops(Application, "organization", what=_("applications of brokers"), state__in=OPEN_APPLICATIONS)
    held = [state for state in RegistrationState if state != RegistrationState.CANCELLED]
    said.stops(Registration, "organization", what=_("registrations as a broker"), state__in=held)
    said.stops(Mandate, "broker", "client", what=_("mandates"), state__in=OPEN_MANDATES)
    said.stops(MandatePartner, "organization", what=_("parts in mandates"), mandate__state__in=OPEN_MANDATES)
    said.stops(HandOver, "from_broker", "to_broker", what=_("hand-overs"), state__in=OPEN_HAND_OVERS)
    said.stops(Quote, "broker", "client", what=_("open quotes"), state__in=OPEN_QUOTES)
    said.kept(Application, "organization", what=_("decided applications of brokers"))
    said.kept(Registration, "organization", what=_("cancelled registrations"))
    said.kept(Mandate, "broker", "client", what=_("mandates that are over"))
    said.kept(MandatePartner, "organization", what=_("parts in mandates that are over"))
    said.kept(HandOver, "from_broker", "to_broker", what=_("hand-overs that are over"))
    said.kept(Quote, "broker", "client", what=_("quotes"))
    said.kept(QuoteShare, "organization", what=_("shares of quotes"))
    said.kept(BrokeredDeal, "broker", "holder", "taker", what=_("brokered deals"))
    said.kept(Rating, "organization", what=_("ratings"))
    said.kept(StaffEntry, "organization", what=_("staff of the agency"))
    return said.parts
