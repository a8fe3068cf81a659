"""Endpoints: made, changed, rotated, switched on and off. The address is looked at before anything is locked."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from marketplace.core.errors import Conflict, DomainError, NotPossibleNow
from marketplace.core.ids import uuid7
from open_data.delivery.sending import check_address
from open_data.delivery.signing import new_salt, next_salt, secret_of
from open_data.enums import (
    ENDPOINT_STATES,
    FEED_KINDS,
    MESSAGE_STATES,
    TEST_KIND,
    EndpointState,
    EventKind,
    MessageState,
)
from open_data.models import FeedPosition, WebhookEndpoint, WebhookMessage
from open_data.queries.feed import top
from open_data.services.messages import body_of

MOST_ENDPOINTS = 10
OVERLAP = timedelta(days=1)
"""For so long the old secret signs beside the new one."""
TRIED_AGAIN = timedelta(hours=1)
"""For so long the same request again is answered with the same secret; later nobody reads it any more."""


class KeyReused(Conflict):
    code = "idempotency_key_reused"


class TooManyEndpoints(Conflict):
    code = "too_many_webhooks"


def known_kinds(kinds: Iterable[str]) -> list[str]:
    wanted = [kind for kind in EventKind.values if kind in set(kinds)]
    if not wanted:
        raise DomainError(_("Say what it is told of."), field="kinds")
    return wanted


def create_endpoint(
    *, organization: Organization, url: str, kinds: Iterable[str], by: User | None, at: datetime, public_id: UUID
) -> tuple[WebhookEndpoint, str]:
    """An endpoint and its secret, which is shown once. It is told of what changes from now on.

    `by` None: a key of the organization. The same `public_id` again soon is the endpoint that is there.
    Raises `NotOutside`, `NotAllowed`, `TooManyEndpoints`, `KeyReused`.
    """
    wanted = known_kinds(kinds)
    check_address(url)
    return _create(organization, url, wanted, by, at, public_id)


@transaction.atomic
def _create(
    organization: Organization, url: str, kinds: list[str], by: User | None, at: datetime, public_id: UUID
) -> tuple[WebhookEndpoint, str]:
    begun = top()
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    require_member(by, Permission.MANAGE_KEYS, locked)
    there = WebhookEndpoint.objects.filter(public_id=public_id).first()
    if there is not None:
        if (there.organization_id, there.url, there.kinds) != (locked.pk, url, kinds):
            raise KeyReused(_("This key was sent before, with something else."))
        is_over = there.old_salt or there.state == EndpointState.REMOVED
        if is_over or at - there.created_at > TRIED_AGAIN:
            raise KeyReused(_("This address was added before. For another secret, make a new one there."))
        return there, secret_of(there.salt)
    if WebhookEndpoint.objects.filter(organization=locked).standing().count() >= MOST_ENDPOINTS:
        raise TooManyEndpoints(_("There are %(most)d addresses. Remove one first.") % {"most": MOST_ENDPOINTS})
    endpoint = WebhookEndpoint.objects.create(
        public_id=public_id, organization=locked, url=url, kinds=kinds, salt=new_salt(), created_by=by
    )
    _follow(endpoint, begun)
    return endpoint, secret_of(endpoint.salt)


def _follow(endpoint: WebhookEndpoint, below: int) -> None:
    """Told from here on of every collection, whether it wants to be now or only later."""
    for collection in FEED_KINDS:
        FeedPosition.objects.update_or_create(
            endpoint=endpoint,
            collection=collection.value,
            defaults={"xid": below - 1, "object_id": "ffffffff-ffff-ffff-ffff-ffffffffffff"},
        )


def _lock(endpoint: WebhookEndpoint, by: User | None) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.select_for_update(of=["self"]).select_related("organization")
    locked = rows.get(pk=endpoint.pk)
    require_member(by, Permission.MANAGE_KEYS, locked.organization)
    if locked.state == EndpointState.REMOVED:
        raise NotPossibleNow(_("This address was removed."))
    return locked


def change_endpoint(
    *,
    endpoint: WebhookEndpoint,
    by: User | None,
    at: datetime,
    url: str | None = None,
    kinds: Iterable[str] | None = None,
    to: EndpointState | None = None,
) -> None:
    """Another address, other news, on or off: all that is given or nothing. What is None stays as it is.

    Raises `NotOutside`, `NotAllowed`, `NotPossibleNow`, `IllegalTransition`.
    """
    wanted = None if kinds is None else known_kinds(kinds)
    if url is not None:
        check_address(url)
    with transaction.atomic():
        locked = _lock(endpoint, by)
        if to is not None and to != locked.state:
            _move(locked, to)
        if url is not None and locked.url != url:
            locked.url, locked.failing_since = url, None  # another address has its own three days
        if wanted is not None:
            locked.kinds = wanted
        locked.save(update_fields=["url", "kinds", "failing_since", "updated_at"])


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, key: UUID, by: User | None, at: datetime) -> str:
    """The new secret, shown once; the old one signs beside it for `OVERLAP`. The same `key` soon again: the same one.

    Raises `NotAllowed`, `NotPossibleNow` while an old secret signs: another rotation would end the one in use.
    """
    locked = _lock(endpoint, by)
    if locked.old_until is not None and locked.old_until > at:
        is_same = locked.salt == next_salt(locked.old_salt, key=key)
        if is_same and at - (locked.old_until - OVERLAP) <= TRIED_AGAIN:
            return secret_of(locked.salt)
        raise NotPossibleNow(
            _("A new secret was made less than a day ago. Wait until the one before ends, or add the address anew.")
        )
    locked.old_salt, locked.old_until, locked.salt = locked.salt, at + OVERLAP, next_salt(locked.salt, key=key)
    locked.save(update_fields=["old_salt", "old_until", "salt", "updated_at"])
    return secret_of(locked.salt)


@transaction.atomic
def switch(*, endpoint: WebhookEndpoint, to: EndpointState, by: User | None, at: datetime) -> None:
    """On, off, or removed. What changed while it was off is told when it is on again: it goes on where it stood."""
    _move(_lock(endpoint, by), to)


def _move(locked: WebhookEndpoint, to: EndpointState) -> None:
    also: dict[str, Any] = {"failing_since": None} if to == EndpointState.ACTIVE else {}
    ENDPOINT_STATES.move(locked, to, **also)


@transaction.atomic
def send_test(
    *, endpoint: WebhookEndpoint, by: User | None, at: datetime, public_id: UUID | None = None
) -> WebhookMessage:
    """One at a time: tests of one take no turns from others. The same `public_id` is the message that is there.

    Raises `NotPossibleNow`, `KeyReused`.
    """
    locked = _lock(endpoint, by)
    earlier = WebhookMessage.objects.filter(public_id=public_id).first() if public_id else None
    if earlier is not None:
        if (earlier.endpoint_id, earlier.kind) != (locked.pk, TEST_KIND):
            raise KeyReused(_("This key was sent before, with something else."))
        return earlier
    if locked.state != EndpointState.ACTIVE:
        raise NotPossibleNow(_("Switch it on first."))
    if locked.messages.filter(kind=TEST_KIND, state=MessageState.WAITING).exists():
        raise NotPossibleNow(_("It waits to be sent already."))
    body = body_of(TEST_KIND, {"text": "It works."}, at=at)
    return WebhookMessage.objects.create(
        public_id=public_id or uuid7(), endpoint=locked, kind=TEST_KIND, body=body, made_at=at, next_at=at
    )


@transaction.atomic
def replay(*, message: WebhookMessage, by: User | None, at: datetime) -> None:
    """Send it once more, under the same id, with all its attempts ahead. Raises `NotPossibleNow` while it waits."""
    endpoint = _lock(message.endpoint, by)
    locked = WebhookMessage.objects.select_for_update().get(pk=message.pk)
    if endpoint.state != EndpointState.ACTIVE:
        raise NotPossibleNow(_("Switch it on first."))
    if locked.state == MessageState.WAITING:
        raise NotPossibleNow(_("It waits to be sent already."))
    MESSAGE_STATES.move(locked, MessageState.WAITING, next_at=at, attempts=0, delivered_at=None)
