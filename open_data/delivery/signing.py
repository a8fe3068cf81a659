"""Signatures of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body.

A secret is never stored: it is computed from our own key and a salt. Whoever copies the database cannot sign.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

PREFIX = "whsec_"


def new_salt() -> str:
    return secrets.token_hex(32)


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
