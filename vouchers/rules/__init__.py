"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from vouchers.rules import recovery

__all__ = ["recovery"]
