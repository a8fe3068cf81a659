"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from brokers.rules import cases, duties, fees, mandates, office, register, registration

__all__ = ["cases", "duties", "fees", "mandates", "office", "register", "registration"]
