"""From rows of the inbox to messages on devices (Web Push, RFC 8030, 8291, 8292). Runs in the worker.

A message says what the inbox's title says, such as “3 new technologies for your searches”, and where to go: nothing of
what it is about. Whether the person may still see it is asked when it is sent, the brake holds it like mail, and each
device gets each message once.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import http_ece
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import translation
from py_vapid import Vapid02

from accounts.models import User
from marketplace.core import outgoing
from notifications import registry
from notifications.models import Notification, PushDevice, Pushed
from notifications.queries import mail_is_stopped

logger = structlog.get_logger(__name__)

WORTH_TELLING = timedelta(days=1)
"""What is older stays in the inbox only."""

VALID = timedelta(hours=12)
GONE = (404, 410)
MOST_FAILURES = 20
LONGEST_PAUSE = timedelta(hours=6)


def is_offered() -> bool:
    return settings.VAPID_PRIVATE_KEY != ""


def private_key() -> ec.EllipticCurvePrivateKey:
    raw = urlsafe_b64decode(settings.VAPID_PRIVATE_KEY + "=" * (-len(settings.VAPID_PRIVATE_KEY) % 4))
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def waiting(at: datetime) -> QuerySet[PushDevice]:
    """Devices for which something of the last day was not told yet."""
    due = _due(at).filter(recipient=OuterRef("user"), created_at__gte=OuterRef("created_at"))
    told = Pushed.objects.filter(device=OuterRef(OuterRef("pk")), notification=OuterRef("pk"))
    free = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    return PushDevice.objects.filter(free, Exists(due.filter(~Exists(told)))).order_by("pk")


def _due(at: datetime) -> QuerySet[Notification]:
    kinds = registry.pushed_kinds()
    return Notification.objects.filter(kind__in=kinds, read_at__isnull=True, created_at__gt=at - WORTH_TELLING)


def push_all(at: datetime) -> int:
    """How many messages left. One device's failure delays only that device."""
    if not is_offered() or mail_is_stopped():
        return 0
    sent = 0
    for pk in list(waiting(at).values_list("pk", flat=True)):
        try:
            while push_one(device_id=pk, at=at):
                sent += 1
        except Exception:  # whatever it is, the others must get theirs
            logger.exception("push_failed", device=pk)
            _failed(pk, at)
    return sent


@transaction.atomic
def push_one(*, device_id: int, at: datetime) -> bool:
    """Tell the device the oldest it was not told. False: there is nothing, or another worker is at it.

    That it was told and the message go together: what fails is not noted, and is tried again.
    """
    device = PushDevice.objects.filter(pk=device_id).select_for_update(of=["self"], skip_locked=True).first()
    if device is None or mail_is_stopped():
        return False
    user = device.user
    if not user.is_active:
        device.delete()
        return False
    told = Pushed.objects.filter(device=device, notification=OuterRef("pk"))
    rows = _due(at).filter(~Exists(told), recipient=user, created_at__gte=device.created_at)
    since = Pushed.objects.filter(device=device, at__gt=at - timedelta(days=1))
    room = settings.MAIL_DAILY_CEILING - since.count()
    for row in rows.visible_to(user).order_by("created_at", "pk")[: max(room, 0)]:
        if _still_something(user, row):
            return _tell(device, row, at)
    return False


def _still_something(user: User, row: Notification) -> bool:
    """Whether the person may see what it is about, now; a kind with a mail of its own says whether anything is left."""
    if not registry.still_visible(user, row.kind, row.target_id):
        return False
    compose = registry.get(row.kind).compose
    return compose is None or compose(user, [row]) is not None


def _tell(device: PushDevice, row: Notification, at: datetime) -> bool:
    with translation.override(device.user.language):
        text = {"title": row.title, "url": row.url or "/inbox/", "id": str(row.public_id), "lang": device.user.language}
    status = outgoing.post(device.endpoint, body=_sealed(device, text), headers=_headers(device, row, at))
    if status in GONE:  # the browser has stopped it
        device.delete()
        return False
    if not 200 <= status < 300:
        raise OSError(f"the push service answered {status}")
    Pushed.objects.create(device=device, notification=row, at=at)
    PushDevice.objects.filter(pk=device.pk).update(failures=0, retry_at=None)
    return True


def _sealed(device: PushDevice, text: dict[str, str]) -> bytes:
    """Only the device can open it."""
    own = ec.generate_private_key(ec.SECP256R1())
    sealed: bytes = http_ece.encrypt(
        json.dumps(text).encode(),
        salt=os.urandom(16),
        private_key=own,
        dh=_bytes(device.p256dh),
        auth_secret=_bytes(device.auth),
        version="aes128gcm",
    )
    return sealed


def _headers(device: PushDevice, row: Notification, at: datetime) -> dict[str, str]:
    parts = urlsplit(device.endpoint)
    claims = {
        "sub": settings.VAPID_SUBJECT,
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((at + VALID).timestamp()),
    }
    signed: dict[str, str] = Vapid02(private_key()).sign(claims)
    return signed | {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(WORTH_TELLING.total_seconds())),
        # What was sent just before a crash replaces itself where the device was not reached yet.
        "Topic": row.public_id.hex,
        "Urgency": "normal",
    }


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _failed(pk: int, at: datetime) -> None:
    """Wait 2, 4, 8 … minutes, six hours at most; a device that never answers is let go."""
    device = PushDevice.objects.filter(pk=pk).first()
    if device is None:
        return
    if device.failures + 1 >= MOST_FAILURES:
        device.delete()
        return
    pause = min(timedelta(minutes=2 ** min(device.failures + 1, 10)), LONGEST_PAUSE)
    PushDevice.objects.filter(pk=pk).update(failures=F("failures") + 1, retry_at=at + pause)


def public_key() -> str:
    """What a browser has to know to be told by this sender, in base64url."""
    point = private_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).decode().rstrip("=")
