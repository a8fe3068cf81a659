"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from brokers.rules import fees, mandates, office, registration

__all__ = ["fees", "mandates", "office", "registration"]
