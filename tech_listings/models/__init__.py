from tech_listings.models.draft import InventorInvitation, Prefill
from tech_listings.models.export import ListingExport
from tech_listings.models.ingestion import Run, RunBatch, RunRow, Source
from tech_listings.models.listing import Listing, Right
from tech_listings.models.market import ConfirmationReminder, ExclusiveGround, ExclusivityTerm, NonExclusiveInterest
from tech_listings.models.review import Finding, Submission
from tech_listings.models.search import (
    ListingDocument,
    ListingMeaning,
    SearchState,
    SearchTerm,
    SearchWord,
    SynonymGroup,
)

__all__ = [
    "ConfirmationReminder",
    "ExclusiveGround",
    "ExclusivityTerm",
    "Finding",
    "InventorInvitation",
    "Listing",
    "ListingDocument",
    "ListingExport",
    "ListingMeaning",
    "NonExclusiveInterest",
    "Prefill",
    "Right",
    "Run",
    "RunBatch",
    "RunRow",
    "SearchState",
    "SearchTerm",
    "SearchWord",
    "Source",
    "Submission",
    "SynonymGroup",
]
