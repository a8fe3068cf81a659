"""A firm changes what it looks for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import ChangedMeanwhile
from matching.enums import AlertRate
from matching.models import Need
from matching.outbox import match_after_commit
from matching.services.close import refuse_if_closed
from matching.services.post import ASKED_FIELDS, checked, refuse_unless_posting
from matching.services.search_rate import no_news_any_more


@transaction.atomic
def edit(*, need: Need, content: Mapping[str, Any], seen_revision: int, by: User, at: datetime) -> Need:
    """Change the fields in `content`. What is unchanged makes no version; new words ask all listings anew.

    Raises `NotAllowed`, `NeedClosed`, `ChangedMeanwhile` where the need's revision is no longer the one the editor
    saw, and `DomainError` naming the field.
    """
    locked = Need.objects.select_for_update(of=["self"], no_key=True).select_related("organization").get(pk=need.pk)
    refuse_unless_posting(by, locked.organization)
    refuse_if_closed(locked)
    if locked.revision != seen_revision:
        raise ChangedMeanwhile(
            _("Somebody saved this need after you opened it. Compare with the newest version, then save again.")
        )
    given = checked(content, at=at, stored=locked)
    changed = {name: value for name, value in given.items() if getattr(locked, name) != value}
    if not changed:
        return locked
    if "rate" in changed and locked.rate == AlertRate.OFF:
        no_news_any_more(locked)
    for name, value in changed.items():
        setattr(locked, name, value)
    locked.revision += 1
    if "answer_by" in changed:
        locked.reminded_at = None
    if changed.keys() & set(ASKED_FIELDS):
        locked.analyser, locked.due_at, locked.attempts = 0, at, 0
        match_after_commit()
    locked.save()
    return locked
