from tech_listings.models.document import ListingDocument
from tech_listings.models.ingestion import Run, RunBatch, RunRow, Source
from tech_listings.models.listing import Listing, Right

__all__ = ["Listing", "ListingDocument", "Right", "Run", "RunBatch", "RunRow", "Source"]
