"""Who may do what, by part. Django-rules looks into this package when the house starts."""

from brokers.rules import fees, register, registration

__all__ = ["fees", "register", "registration"]
