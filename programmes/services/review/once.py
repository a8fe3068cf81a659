"""A program that got no answer sends again, with the same key: it is done once, and answered the same."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.idempotency import KeyReused, body_digest
from programmes.models import KeyedAnswer

KEPT = timedelta(days=30)


@transaction.atomic
def once(*, key: UUID, by: User, address: str, body: Any, at: datetime, act: Callable[[], Any]) -> Any:
    """What `act` answers, as JSON; under a key that `by` used before, what it answered then, and nothing is done.

    `act` runs in this transaction: what it refuses leaves no trace of the key. Who comes with the same key meanwhile
    waits for its end. Raises `KeyReused` for another address or body.
    """
    digest = body_digest([address, body])
    # The unique constraint keeps a second one out until the first has its answer, or was refused and left nothing.
    found, is_new = KeyedAnswer.objects.get_or_create(user=by, key=key, defaults={"digest": digest, "at": at})
    if found.digest != digest:
        raise KeyReused(_("This key was used for another request. Send this one with a key of its own."))
    if not is_new:
        return found.answer
    found.answer = json.loads(json.dumps(act(), cls=DjangoJSONEncoder))
    found.save(update_fields=["answer"])
    return found.answer


def is_answered(*, key: UUID, by: User) -> bool:
    """Whether `by` used the key before; asked without waiting for anybody."""
    return KeyedAnswer.objects.filter(user=by, key=key).exists()


def forget_answers(*, at: datetime) -> int:
    """Every night: answers that nobody asks for any more. How many."""
    many, _kinds = KeyedAnswer.objects.filter(at__lt=at - KEPT).delete()
    return many
