"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from policy.rules import survey

__all__ = ["survey"]
