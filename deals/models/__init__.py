from deals.models.contracts import Contract, ContractApproval, ContractVersion, Ending, SignedCopy
from deals.models.negotiation import Entry, Negotiation, NegotiationBroker
from deals.models.offers import Choice, Forecast, Offer, Option
from deals.models.requests import LONG_TEXT, SHORT_TEXT, RequestEvent, TransferRequest

__all__ = [
    "LONG_TEXT", "SHORT_TEXT", "Choice", "Contract", "ContractApproval", "ContractVersion", "Ending", "Entry",
    "Forecast", "Negotiation", "NegotiationBroker", "Offer", "Option", "RequestEvent", "SignedCopy", "TransferRequest",
]  # fmt: skip
