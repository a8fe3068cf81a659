"""An officer puts right what a classification says, above all what the tables only assume."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError, NotAllowed
from taxonomy import queries
from taxonomy.enums import Origin
from taxonomy.models import Code

CORRECTABLE = frozenset({"title_ko", "title_en", "title_zh", "note"})


@transaction.atomic
def correct(*, code: Code, by: Any, **values: str) -> Code:
    """Set titles or the note. Loads leave the row's titles alone from then on; pghistory keeps what stood before.

    Raises `NotAllowed` unless `by` is an officer, `DomainError` when no title would be left.
    """
    if not by.is_officer:
        raise NotAllowed(_("Only officers may correct a classification."))
    if unknown := set(values) - CORRECTABLE:
        raise TypeError(f"cannot be corrected: {sorted(unknown)}")
    locked = Code.objects.select_for_update(of=["self"]).get(pk=code.pk)
    for name, value in values.items():
        setattr(locked, name, value.strip())
    if not (locked.title_ko or locked.title_en or locked.title_zh):
        raise DomainError(_("Fill in a title in one language."), field="title_ko")
    locked.origin = Origin.OFFICER
    locked.save(update_fields=[*values, "origin"])
    transaction.on_commit(queries.forget)
    return locked
