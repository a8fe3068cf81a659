"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from programmes.rules import applications, calls, review

__all__ = ["applications", "calls", "review"]
