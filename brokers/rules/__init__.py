"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from brokers.rules import duties, fees, registration

__all__ = ["duties", "fees", "registration"]
