"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from brokers.rules import fees, mandates, registration

__all__ = ["fees", "mandates", "registration"]
