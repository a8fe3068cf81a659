from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from tech_listings.models.listing import Listing


class ListingDocument(models.Model):
    """What is searched for a listing: its terms, made by `tech_listings.search` in the listing's own transaction.

    Apart from the listing, so that rebuilding it for a new analyser writes neither the listing nor its history.
    `analyser` tells with which version the terms were made; rows of an older one are made anew in the background.
    """

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, primary_key=True, related_name="document")
    terms = SearchVectorField()
    length = models.PositiveIntegerField()
    analyser = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [GinIndex(fields=["terms"], name="document_terms")]

    def __str__(self) -> str:
        return f"{self.listing_id}: {self.length}"
