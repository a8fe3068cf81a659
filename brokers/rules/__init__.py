"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from brokers.rules import duties, fees, mandates, office, register, registration

__all__ = ["duties", "fees", "mandates", "office", "register", "registration"]
