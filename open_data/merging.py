"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from open_data.models import OrganizationKey, PartnerDeal, WebhookEndpoint


@receiver(organizations_merging, dispatch_uid="open_data.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """Keys and webhooks stay with what is gone, where they are good for nothing: whose program it is has to be looked
    at anew. Reported deals stay as they were reported."""
    said = Answers(gone)
    said.kept(OrganizationKey, "organization", what=_("keys, which end"))
    said.kept(WebhookEndpoint, "organization", what=_("addresses for messages, which are told nothing more"))
    said.kept(PartnerDeal, "organization", what=_("reported deals"))
    return said.parts
