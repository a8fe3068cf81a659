"""Settings that are wrong stop the start with one sentence, not with a traceback far away."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from django.core.exceptions import ImproperlyConfigured


def require(holds: bool, otherwise: str) -> None:
    """Raise `ImproperlyConfigured` with the sentence `otherwise` unless `holds`."""
    if not holds:
        raise ImproperlyConfigured(otherwise)


def derived_key(secret: str) -> str:
    """32 bytes in base64url that are always the same for the same secret. For development."""
    return urlsafe_b64encode(sha256(b"web-push:" + secret.encode()).digest()).decode().rstrip("=")
