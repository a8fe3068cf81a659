from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from django.db import models

from notifications import registry
from notifications.enums import UNSENT

if TYPE_CHECKING:
    from accounts.models import User
    from notifications.models import Notification  # noqa: F401 - named in the base class


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User, among: Container[str] | None = None) -> NotificationQuerySet:
        """The user's own messages about things the user may still see; only of the kinds in `among`, if given.

        Without `among` it is asked first of which kinds there are any: the question about each of all kinds took longer
        to write than to answer.
        """
        mine = self.filter(recipient=user)
        if among is None:
            among = set(mine.order_by().values_list("kind", flat=True).distinct())
        return mine.filter(registry.visible_condition(user, among))

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at__isnull=True)

    def unsent(self) -> NotificationQuerySet:
        return self.filter(mail_state__in=UNSENT)

    def for_list(self) -> NotificationQuerySet:
        return self.order_by("-created_at", "-pk")
