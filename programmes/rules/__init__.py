"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from programmes.rules import calls

__all__ = ["calls"]
