"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from vouchers.rules import life, recovery

__all__ = ["life", "recovery"]
