"""The feed after a restore into a new server, where ids of transactions begin anew."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from open_data.enums import FEED_KINDS, Collection, EndpointState
from open_data.models import Change, Era, FeedPosition, Seal, WebhookEndpoint, WebhookMessage
from open_data.queries.cursors import LAST, Position
from open_data.queries.records import records
from open_data.services.messages import AT_ONCE, news


@transaction.atomic
def restart_feed(*, at: datetime) -> int:
    """Older cursors are over, and every object is noted anew. The new era's number.

    The order of what was noted before says nothing any more. Webhooks get what they were not told yet, and from then
    on what changes: not everything once more.
    """
    list(WebhookEndpoint.objects.select_for_update().order_by("pk").values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE open_data_change IN EXCLUSIVE MODE")
        cursor.execute(
            "DELETE FROM open_data_change AS old USING open_data_change AS new"
            " WHERE new.collection = old.collection AND new.object_id = old.object_id AND new.xid > old.xid"
        )
        untold = [(each, _untold(each)) for each in FeedPosition.objects.select_related("endpoint").order_by("pk")]
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (now,) = cursor.fetchone()
        cursor.execute("UPDATE open_data_change SET xid = %s", [now])
    Seal.objects.all().delete()
    last = Era.objects.order_by("-number").values_list("number", flat=True).first() or 1
    begun = Era.objects.create(number=last + 1, begun_at=at).number
    for stands, ids in untold:
        WebhookMessage.objects.bulk_create(_messages(stands, ids, at))
    FeedPosition.objects.update(xid=now, object_id=LAST)
    return begun


def _untold(stands: FeedPosition) -> list[UUID]:
    """What came after the place where an endpoint stands, in the old order; one that is off is told when it is on."""
    endpoint, collection = stands.endpoint, Collection(stands.collection)
    if endpoint.state == EndpointState.REMOVED or FEED_KINDS[collection] not in endpoint.kinds:
        return []
    later = Q(xid__gt=stands.xid) | Q(xid=stands.xid, object_id__gt=stands.object_id)
    changes = Change.objects.filter(later, collection=collection).order_by("xid", "object_id")
    return list(changes.values_list("object_id", flat=True))


def _messages(stands: FeedPosition, ids: list[UUID], at: datetime) -> Iterator[WebhookMessage]:
    collection = Collection(stands.collection)
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        known = records(collection, some, fields=["number"])
        told = [(pk, known[pk][1] if pk in known else None) for pk in some]
        yield news(stands.endpoint, FEED_KINDS[collection], told, since=Position(collection), at=at)
