"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from royalties.rules import calendar, income

__all__ = ["calendar", "income"]
