from tech_listings.models.ingestion import Source
from tech_listings.models.listing import Listing, Right
from tech_listings.models.document import ListingDocument

__all__ = ["Listing", "ListingDocument", "Right", "Source"]
