"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from deals.enums.contracts import ContractState
from deals.enums.negotiation import NegotiationState
from deals.enums.requests import RequestState
from deals.models import Choice, Contract, Entry, Forecast, Negotiation, NegotiationBroker, Offer, TransferRequest

RUNNING = (NegotiationState.OPEN, NegotiationState.AGREED)
LIVE = (ContractState.DRAFTED, ContractState.APPROVED, ContractState.IN_FORCE)


@receiver(organizations_merging, dispatch_uid="deals.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """Requests, negotiations and contracts name their parties for good, by triggers: they are ended or kept."""
    said = Answers(gone)
    said.stops(
        TransferRequest,
        "holder",
        "requester",
        what=_("transfer requests without an answer"),
        state=RequestState.RECEIVED,
    )
    said.stops(Negotiation, "holder", "firm", what=_("negotiations under way"), state__in=RUNNING)
    said.stops(
        NegotiationBroker, "organization", what=_("negotiations under way as broker"), negotiation__state__in=RUNNING
    )
    said.stops(Contract, "holder", "firm", what=_("contracts not ended"), state__in=LIVE)
    said.kept(TransferRequest, "holder", "requester", what=_("transfer requests"))
    said.kept(Negotiation, "holder", "firm", what=_("negotiations"))
    said.kept(NegotiationBroker, "organization", what=_("negotiations as broker"))
    said.kept(Entry, "organization", what=_("entries of negotiations"))
    said.kept(Offer, "organization", what=_("offers"))
    said.kept(Forecast, "firm", what=_("forecasts"))
    said.kept(Choice, "firm", what=_("choices between offers"))
    said.kept(Contract, "holder", "firm", what=_("contracts"))
    return said.parts
