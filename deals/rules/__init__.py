"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from deals.rules import contracts, negotiation, requests, studio

__all__ = ["contracts", "negotiation", "requests", "studio"]
