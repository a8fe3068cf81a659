"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from deals.models import TransferRequest
from disclosures.enums import DisclosureState
from disclosures.models import Opening


@receiver(organizations_merging, dispatch_uid="disclosures.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """What is open to the one that goes would be open to the other's managers, who never agreed to the terms."""
    said = Answers(gone)
    still_open = (DisclosureState.OFFERED, DisclosureState.ACCEPTED)
    said.stops(
        TransferRequest, "requester", what=_("confidential parts opened to it"), disclosures__state__in=still_open
    )
    said.kept(Opening, "organization", what=_("openings of confidential parts"))
    return said.parts
