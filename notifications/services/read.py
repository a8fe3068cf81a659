from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from notifications.models import Notification


@transaction.atomic
def mark_read(*, notifications: Iterable[Notification], by: User, at: datetime) -> int:
    """Mark those that are `by`'s own and unread. How many changed; a second time none."""
    ids = [row.pk for row in notifications]
    return Notification.objects.filter(pk__in=ids, recipient=by).unread().update(read_at=at)


@transaction.atomic
def mark_all_read(*, by: User, at: datetime) -> int:
    """Everything in the inbox up to `at`: what arrives while the button is pressed stays unread."""
    return Notification.objects.filter(recipient=by, created_at__lte=at).unread().update(read_at=at)


@transaction.atomic
def mark_target_read(*, target_id: UUID, by: User, at: datetime) -> int:
    """Whoever opens the thing itself has read what the inbox says about it."""
    return Notification.objects.filter(recipient=by, target_id=target_id).unread().update(read_at=at)


@transaction.atomic
def mark_targets_read(*, target_ids: Iterable[UUID], by: User, at: datetime) -> int:
    """The same for a page that shows several things."""
    return Notification.objects.filter(recipient=by, target_id__in=list(target_ids)).unread().update(read_at=at)
