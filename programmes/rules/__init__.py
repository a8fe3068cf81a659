"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from programmes.rules import applications, review

__all__ = ["applications", "review"]
