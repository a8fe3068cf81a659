"""From rows of the inbox to messages on devices (Web Push, RFC 8030, 8291, 8292). Runs in the worker.

A message says what the inbox's title says, such as “3 new technologies for your searches”, and where to go: nothing of
what it is about. Whether the person may still see it is asked when it is sent, the brake holds it like mail, and each
device gets each message once.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
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
from notifications.querysets import NotificationQuerySet

logger = structlog.get_logger(__name__)

WORTH_TELLING = timedelta(days=1)
"""What is older stays in the inbox only."""

VALID = timedelta(hours=12)
GONE = (404, 410)
MOST_FAILURES = 20
LONGEST_PAUSE = timedelta(hours=6)
LEASE = timedelta(minutes=2)
"""So long a device is its worker's; whoever dies over it leaves it to others then. Sending takes less (`outgoing`)."""
ROUND = timedelta(minutes=1)
"""Then the next round begins: services that do not answer keep one worker busy, not all of them."""


def is_offered() -> bool:
    return settings.VAPID_PRIVATE_KEY != ""


def private_key() -> ec.EllipticCurvePrivateKey:
    raw = urlsafe_b64decode(settings.VAPID_PRIVATE_KEY + "=" * (-len(settings.VAPID_PRIVATE_KEY) % 4))
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def waiting(at: datetime) -> QuerySet[PushDevice]:
    """Devices for which something of the last day was not told yet; those that failed, last."""
    due = _due(at).filter(recipient=OuterRef("user"), created_at__gte=OuterRef("created_at"))
    told = Pushed.objects.filter(device=OuterRef(OuterRef("pk")), notification=OuterRef("pk"))
    free = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    return PushDevice.objects.filter(free, Exists(due.filter(~Exists(told)))).order_by("failures", "pk")


def _due(at: datetime) -> NotificationQuerySet:
    kinds = registry.pushed_kinds()
    return Notification.objects.filter(kind__in=kinds, read_at__isnull=True, created_at__gt=at - WORTH_TELLING)


def push_all(at: datetime, *, clock: Callable[[], datetime] | None = None) -> int:
    """How many messages left. One device's failure delays only that device.

    A service that gave no answer is not asked again in the same round: its other devices wait for the next, in which
    they go behind those that never failed. `clock()` gives the time between them, else it is `at`.
    """
    if not is_offered() or mail_is_stopped():
        return 0
    sent, silent = 0, set[str]()
    for pk, endpoint in list(waiting(at).values_list("pk", "endpoint")):
        if _host(endpoint) in silent:
            continue
        moment = at
        try:
            # A lease begins when the message is taken up, not when the first one of the device was.
            while (moment := clock() if clock else at) - at <= ROUND and push_one(device_id=pk, at=moment):
                sent += 1
        except Exception as error:  # whatever it is, the others must get theirs
            logger.exception("push_failed", device=pk)
            if isinstance(error, (OSError, HTTPException)) and not isinstance(error, Refused):
                silent.add(_host(endpoint))
            _failed(pk, moment)
        if moment - at > ROUND:
            break
    return sent


def _host(endpoint: str) -> str:
    return urlsplit(endpoint).netloc


class Refused(OSError):
    """The service answered, and did not take it."""


@dataclass(frozen=True)
class Letter:
    """A message on its way to a device, as it stood when it was taken up."""

    device: PushDevice
    row: Notification
    text: dict[str, str]


def push_one(*, device_id: int, at: datetime) -> bool:
    """Tell the device the oldest it was not told. False: there is nothing, or another worker is at it.

    Taken up under a lease, sent with nothing locked, noted once it is sent: what fails is not noted, and tried again.
    Raises what `outgoing.post` does, and `Refused`.
    """
    letter = _take_up(device_id, at)
    if letter is None:
        return False
    device = letter.device
    status = outgoing.post(device.endpoint, body=_sealed(device, letter.text), headers=_headers(device, letter.row, at))
    if status in GONE:  # the browser has stopped it
        _same(device).delete()
        return False
    if not 200 <= status < 300:
        raise Refused(f"the push service answered {status}")
    _note(letter, at)
    return True


@transaction.atomic
def _take_up(device_id: int, at: datetime) -> Letter | None:
    """The oldest that the device was not told, and nobody else takes it up for `LEASE`."""
    free = PushDevice.objects.filter(Q(retry_at__isnull=True) | Q(retry_at__lte=at), pk=device_id)
    device = free.select_for_update(of=["self"], skip_locked=True).first()
    if device is None or mail_is_stopped():
        return None
    user = device.user
    if not user.is_active:
        device.delete()
        return None
    told = Pushed.objects.filter(device=device, notification=OuterRef("pk"))
    rows = _due(at).filter(~Exists(told), recipient=user, created_at__gte=device.created_at)
    since = Pushed.objects.filter(device=device, at__gt=at - timedelta(days=1))
    room = settings.MAIL_DAILY_CEILING - since.count()
    for row in rows.visible_to(user).order_by("created_at", "pk")[: max(room, 0)]:
        if _still_something(user, row):
            PushDevice.objects.filter(pk=device.pk).update(retry_at=at + LEASE)
            with translation.override(user.language):
                text = {
                    "title": row.title,
                    "url": row.url or "/inbox/",
                    "id": str(row.public_id),
                    "lang": user.language,
                }
            return Letter(device, row, text)
    return None


def _same(device: PushDevice) -> QuerySet[PushDevice]:
    """The device, unless it is another's by now or has begun anew."""
    return PushDevice.objects.filter(pk=device.pk, user=device.user_id, endpoint=device.endpoint)


@transaction.atomic
def _note(letter: Letter, at: datetime) -> None:
    """That it was told. Who removed the device, or the message, meanwhile finds nothing noted."""
    if not _same(letter.device).select_for_update().exists():
        return
    if Notification.objects.filter(pk=letter.row.pk).exists():
        Pushed.objects.get_or_create(device=letter.device, notification=letter.row, defaults={"at": at})
    PushDevice.objects.filter(pk=letter.device.pk).update(failures=0, retry_at=None)


def _still_something(user: User, row: Notification) -> bool:
    """Whether the person may see what it is about, now; a kind with a mail of its own says whether anything is left."""
    if not registry.still_visible(user, row.kind, row.target_id):
        return False
    compose = registry.get(row.kind).compose
    return compose is None or compose(user, [row]) is not None


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
