from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, When
from django.db.models.functions import Now

from programmes.enums.calls import CallState

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class CallQuerySet(models.QuerySet["Call"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> CallQuerySet:
        """What was published everybody sees; drafts and rehearsals government officers only."""
        if user.is_authenticated and user.is_officer:
            return self
        return self.published().exclude(state=CallState.DRAFT)

    def published(self) -> CallQuerySet:
        """What was published to everybody, whatever became of it since."""
        return self.filter(is_rehearsal=False, published_at__isnull=False)

    def for_list(self) -> CallQuerySet:
        """What closes next first, then what closed, the newest first; with whose it is."""
        now = Now()
        return self.select_related("office").order_by(
            Case(When(closes_at__gt=now, then="closes_at")).asc(nulls_last=True), "-closes_at", "-pk"
        )

    def taking_at(self, at: datetime) -> CallQuerySet:
        """Where an application may be submitted at this moment."""
        return self.filter(state=CallState.PUBLISHED, opens_at__lte=at, closes_at__gt=at)


class CallVersionQuerySet(models.QuerySet["CallVersion"]):  # type: ignore[name-defined]
    pass
