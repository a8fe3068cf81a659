"""Signatures of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body.

A secret is never stored: it is computed from our own key and a salt. Whoever copies the database cannot sign.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings

PREFIX = "whsec_"


def new_salt() -> str:
    return secrets.token_hex(32)


def next_salt(salt: str, *, key: UUID) -> str:
    """The salt after `salt` for the request `key`: the same request again is answered with the same secret."""
    return hashlib.sha256(f"{salt}.{key.hex}".encode()).hexdigest()


def _key(salt: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"open_data.webhook." + salt.encode(), hashlib.sha256)


def secret_of(salt: str) -> str:
    """As the receiver gets it, once."""
    return PREFIX + base64.b64encode(_key(salt)).decode()


def headers(*, message_id: str, body: str, salts: Iterable[str], at: datetime) -> dict[str, str]:
    """The three headers of a message; one signature for each salt, the newest first."""
    seconds = str(int(at.timestamp()))
    signed = f"{message_id}.{seconds}.{body}".encode()
    marks = [base64.b64encode(hmac.digest(_key(salt), signed, hashlib.sha256)).decode() for salt in salts]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }
