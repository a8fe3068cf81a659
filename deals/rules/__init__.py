"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from deals.rules import negotiation, requests, studio

__all__ = ["negotiation", "requests", "studio"]
