"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from tech_listings.enums import FINAL_STATES, OPEN_RUN_STATES, ListingState
from tech_listings.models import Listing, Source


@receiver(organizations_merging, dispatch_uid="tech_listings.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """A technology keeps its holder: registration and duties hang on it, so none may be on offer any more."""
    said = Answers(gone)
    over = (*FINAL_STATES, ListingState.WITHDRAWN)
    running = [state for state in ListingState if state not in over]
    said.stops(Listing, "holder", what=_("technologies that are not withdrawn or closed"), state__in=running)
    said.kept(Listing, "holder", what=_("technologies"))
    said.stops(Source, "organization", what=_("file uploads under way"), runs__state__in=OPEN_RUN_STATES)
    said.kept(Source, "organization", what=_("sources of files"))
    return said.parts
