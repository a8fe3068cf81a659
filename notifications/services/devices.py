"""A device asks to be told by push, and stops it."""

import contextlib
import re
from base64 import urlsafe_b64decode
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import DomainError
from marketplace.core.outgoing import place_of
from notifications.models import PushDevice

MOST_DEVICES = 10
LOCK = 0x9054
BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")
POINT, SECRET = 65, 16
"""Bytes of a device's public key (an uncompressed point) and of its secret (RFC 8291)."""


class TooManyDevices(DomainError):
    code = "too_many_devices"


def add_device(*, by: User, endpoint: str, p256dh: str, auth: str, name: str, at: datetime) -> PushDevice:
    """This device is told from now on. The same device twice is the same as once; with another person it is theirs.

    Raises `DomainError` where the address is not a public one, a key is none, or there are ten devices already.
    """
    place_of(endpoint)  # asks the network, so before anything is locked
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes(p256dh, POINT))
    except ValueError:
        raise DomainError(_("The browser sent a key that cannot be used.")) from None
    _bytes(auth, SECRET)
    return _add(by=by, endpoint=endpoint, p256dh=p256dh, auth=auth, name=name, at=at)


@transaction.atomic
def _add(*, by: User, endpoint: str, p256dh: str, auth: str, name: str, at: datetime) -> PushDevice:
    User.objects.select_for_update(of=["self"]).get(pk=by.pk)
    _alone(endpoint)
    PushDevice.objects.filter(endpoint=endpoint).exclude(user=by).delete()
    if PushDevice.objects.filter(user=by).exclude(endpoint=endpoint).count() >= MOST_DEVICES:
        raise TooManyDevices(_("You are told on ten devices already. Remove one first."))
    given = {"p256dh": p256dh, "auth": auth, "name": name[:100]}
    device, _new = PushDevice.objects.update_or_create(
        endpoint=endpoint, user=by, defaults=given, create_defaults=given | {"created_at": at}
    )
    return device


def _alone(endpoint: str) -> None:
    """Two people at one browser, or one twice, at the same moment: who comes second finds what the first has written.

    There may be no row yet that could be locked.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, endpoint])


@transaction.atomic
def remove_device(*, by: User, public_id: UUID) -> bool:
    """It is told nothing any more. Whether there was such a device of the person."""
    many, _rows = PushDevice.objects.filter(user=by, public_id=public_id).delete()
    return many > 0


def _bytes(text: str, length: int) -> bytes:
    # What base64 does not know Python passes over; it would not fit into the column.
    if BASE64URL.fullmatch(text):
        with contextlib.suppress(ValueError):
            found = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            if len(found) == length:
                return found
    raise DomainError(_("The browser sent a key that cannot be used."))
