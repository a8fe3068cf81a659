"""Settings that are wrong stop the start with one sentence, not with a traceback far away."""

from django.core.exceptions import ImproperlyConfigured


def require(holds: bool, otherwise: str) -> None:
    """Raise `ImproperlyConfigured` with the sentence `otherwise` unless `holds`."""
    if not holds:
        raise ImproperlyConfigured(otherwise)
