"""A request that is sent again with its key finds what it made the first time."""

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext as _

from marketplace.core.idempotency import KeyReused

M = TypeVar("M", bound=Model)


def made_before(model: type[M], key: UUID | None, **said: Any) -> M | None:
    """What was made with `key`, None where nothing was. Asked under the lock of whoever makes one.

    Raises `KeyReused` where it says something else than `said`.
    """
    earlier = model._default_manager.filter(key=key).first() if key is not None else None
    if earlier is not None and any(getattr(earlier, name) != value for name, value in said.items()):
        raise KeyReused(_("This key was used for another request. Send this one with a key of its own."))
    return earlier
