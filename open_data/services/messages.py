"""Messages to webhooks: written from the feed, sent with ever longer pauses, given up in the end.

What was written is sent by `send_due`: claimed first, under a lease; the network is asked outside of any transaction.
"""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization
from marketplace.core.rounds import each_alone
from open_data import notices
from open_data.delivery.sending import Answer, post
from open_data.delivery.signing import headers
from open_data.enums import (
    ENDPOINT_STATES,
    FEED_KINDS,
    MESSAGE_STATES,
    EndpointState,
    EventKind,
    MessageState,
)
from open_data.models import BulkFile, FeedPosition, WebhookEndpoint, WebhookMessage
from open_data.queries.cursors import Position
from open_data.queries.feed import page_after

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PAUSES = (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""After each failure, as Standard Webhooks recommends; after the last one a message is given up."""
FAILS_FOR = timedelta(days=3)
"""An endpoint that nothing reached for so long is switched off."""
LEASE = 2 * MINUTE
ROUND = MINUTE
"""Then the next round begins."""
AT_ONCE, PAGES_AT_ONCE, SENT_AT_ONCE = 100, 5, 50
KEPT = timedelta(days=30)
GONE = 410


def body_of(kind: str, data: dict[str, Any], *, at: datetime) -> str:
    """The bytes of a message, as Standard Webhooks has them: type, timestamp, data."""
    said = {"type": kind, "timestamp": timezone.localtime(at).isoformat(timespec="seconds"), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def write_news(*, at: datetime) -> int:
    """Messages about what changed, of each active endpoint from where it stands. How many."""
    keys = WebhookEndpoint.objects.active().order_by("pk").values_list("pk", flat=True)
    return each_alone("webhook_news", keys, lambda pk: _write_for(pk, at))


@transaction.atomic
def _write_for(pk: int, at: datetime) -> int:
    endpoint = WebhookEndpoint.objects.select_for_update(skip_locked=True).active_alone().filter(pk=pk).first()
    if endpoint is None:
        return 0
    made = 0
    for stands in endpoint.positions.order_by("collection"):
        made += _write_pages(endpoint, stands, at)
    return made


def _write_pages(endpoint: WebhookEndpoint, stands: FeedPosition, at: datetime) -> int:
    """At most `PAGES_AT_ONCE` messages; an endpoint that is not told of it only moves on."""
    kind = FEED_KINDS[stands.collection]  # type: ignore[index]
    position = Position(stands.collection, stands.xid, stands.object_id)
    written = []
    for _round in range(PAGES_AT_ONCE):
        page = page_after(position, limit=AT_ONCE, fields=["number"])
        if page.moved and kind in endpoint.kinds:
            told = [(row.object_id, row.number) for row in page.moved]
            written.append(news(endpoint, kind, told, since=position, at=at))
        position = page.end
        if not page.more:
            break
    if (position.xid, position.object_id) != (stands.xid, stands.object_id):
        stands.xid, stands.object_id = position.xid, position.object_id
        stands.save(update_fields=["xid", "object_id"])
    WebhookMessage.objects.bulk_create(written)
    return len(written)


def news(
    endpoint: WebhookEndpoint, kind: str, told: Iterable[tuple[UUID, str | None]], *, since: Position, at: datetime
) -> WebhookMessage:
    """That objects changed: (id, number), or None for what is not public any more. Not saved."""
    items = [{"id": str(pk), "number": number, "deleted": number is None} for pk, number in told]
    body = body_of(kind, {"items": items, "since": since.text}, at=at)
    return WebhookMessage(endpoint=endpoint, kind=kind, body=body, made_at=at, next_at=at)


def tell(*, kind: EventKind, data: dict[str, Any], at: datetime, organization: Organization | None = None) -> int:
    """One message to every endpoint that is told of `kind`: of one organization, or to all that are on.

    What is of one organization is said once only: an endpoint that is off now has it waiting (`due`) for when it is on.
    """
    endpoints = WebhookEndpoint.objects.filter(kinds__contains=[kind])
    found = endpoints.active() if organization is None else endpoints.followed().filter(organization=organization)
    body = body_of(kind, data, at=at)
    made = [
        WebhookMessage(endpoint=each, kind=kind, body=body, made_at=at, next_at=at) for each in found.order_by("pk")
    ]
    WebhookMessage.objects.bulk_create(made)
    return len(made)


def tell_of_bulk(files: list[BulkFile], *, at: datetime) -> int:
    said = [
        {
            "name": file.name, "collection": file.collection, "format": file.format, "sha256": file.sha256,
            "url": f"{settings.SITE_URL}{reverse('open_data-api:bulk-file', args=[file.name])}",
        }
        for file in files
    ]  # fmt: skip
    return tell(kind=EventKind.BULK_READY, data={"files": said}, at=at) if files else 0


def send_due(*, at: datetime, clock: Callable[[], datetime] | None = None) -> int:
    """Send what is due. How many arrived. Whoever does not answer is not asked again in the same round.

    `clock()` gives the time of each attempt, else it is `at`: receivers refuse what was signed minutes ago. After
    `ROUND` nothing more is begun: slow receivers keep one worker busy, not all of them.
    """
    due = WebhookMessage.objects.due(at).in_turn().values_list("pk", "endpoint_id")[:SENT_AT_ONCE]
    endpoints, silent = dict(due), set[int]()

    def send(pk: int) -> bool:
        moment = clock() if clock else at
        if endpoints[pk] in silent or moment - at > ROUND:
            return False
        arrived = _send(pk, moment)
        if arrived is False:
            silent.add(endpoints[pk])
        return bool(arrived)

    return each_alone("webhook_message", endpoints, send)


def _send(pk: int, at: datetime) -> bool | None:
    """Whether it arrived; None where it is not to be sent any more, or somebody else is at it."""
    message = _claim(pk, at)
    if message is None:
        return None
    endpoint = message.endpoint
    salts = [endpoint.salt]
    if endpoint.old_until is not None and endpoint.old_until > at:
        salts.append(endpoint.old_salt)
    signed = headers(message_id=message.message_id, body=message.body, salts=salts, at=at)
    answer = post(url=endpoint.url, body=message.body, headers=signed)
    _note(message, answer, at)
    return answer.arrived


@transaction.atomic
def _claim(pk: int, at: datetime) -> WebhookMessage | None:
    """The message, if nobody else is at it: whoever dies over it leaves it to others after `LEASE`."""
    rows = WebhookMessage.objects.select_for_update(of=["self"], skip_locked=True).due(at)
    message = rows.filter(pk=pk).select_related("endpoint").first()
    if message is not None:
        message.attempts += 1
        message.next_at, message.last_at = at + LEASE, at
        message.save(update_fields=["attempts", "next_at", "last_at"])
    return message


@transaction.atomic
def _note(sent: WebhookMessage, answer: Answer, at: datetime) -> None:
    """What came of an attempt. Endpoint first, then message: as everybody locks them."""
    rows = WebhookEndpoint.objects.select_for_update(of=["self"]).select_related("organization")
    endpoint = rows.get(pk=sent.endpoint_id)
    message = WebhookMessage.objects.select_for_update().get(pk=sent.pk)
    if message.state != MessageState.WAITING:
        return
    said: dict[str, Any] = {"last_status": answer.status, "last_error": answer.error}
    if answer.arrived:
        MESSAGE_STATES.move(message, MessageState.DELIVERED, next_at=None, delivered_at=at, **said)
        if endpoint.failing_since is not None:
            endpoint.failing_since = None
            endpoint.save(update_fields=["failing_since", "updated_at"])
        return
    if message.attempts > len(PAUSES):
        MESSAGE_STATES.move(message, MessageState.GIVEN_UP, next_at=None, **said)
    else:
        message.next_at = at + PAUSES[message.attempts - 1]
        message.last_status, message.last_error = answer.status, answer.error
        message.save(update_fields=["next_at", "last_status", "last_error"])
    _failed(endpoint, answer, at)


def _failed(endpoint: WebhookEndpoint, answer: Answer, at: datetime) -> None:
    since = endpoint.failing_since or at
    if endpoint.state == EndpointState.ACTIVE and (answer.status == GONE or at - since >= FAILS_FOR):
        ENDPOINT_STATES.move(endpoint, EndpointState.FAILED, failing_since=since)
        notices.endpoint_failed(endpoint, at=at)
    elif endpoint.failing_since is None:
        endpoint.failing_since = at
        endpoint.save(update_fields=["failing_since", "updated_at"])


def drop_old_messages(*, at: datetime) -> int:
    """The log is kept for `KEPT`."""
    over = WebhookMessage.objects.filter(made_at__lt=at - KEPT).exclude(state=MessageState.WAITING)
    return over.delete()[0]
