"""Who changed which group of synonyms, when and how: what the database wrote down at every change."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import F, QuerySet, TextField, Value, Window
from django.db.models.functions import Lag, Lead
from django.utils.translation import gettext as _

from tech_listings.models import SynonymGroup

DELETED = "delete"


@dataclass(frozen=True)
class Change:
    """`what` are sentences, in the reader's language. `group` is the group as it was after the change."""

    at: datetime
    by: str
    public_id: UUID
    group: str
    is_deletion: bool
    what: list[str]


def changes(group: SynonymGroup | None = None) -> QuerySet[Any]:
    """The changes of one group or of all, also of deleted ones, newest first; for `described`."""
    events = apps.get_model("tech_listings", "SynonymGroupEvent").objects.all()
    if group is not None:
        events = events.filter(pgh_obj_id=group.pk)

    def beside(which: type[Lag | Lead], name: str, **given: Any) -> Window:
        return Window(which(name, **given), partition_by=F("pgh_obj_id"), order_by=F("pgh_id").asc())

    return (
        events.annotate(
            words_before=beside(Lag, "words"),
            note_before=beside(Lag, "note"),
            active_before=beside(Lag, "is_active"),
            following=beside(Lead, "pgh_label", default=Value("", TextField())),
        )
        # Deleting first writes down who does it: that is one change, not two.
        .exclude(pgh_label="update", following=DELETED)
        .select_related("changed_by")
        .order_by("-pgh_id")
    )


def described(event: Any) -> Change:
    """One of `changes` as people read it."""
    return Change(
        at=event.pgh_created_at,
        by=event.changed_by.name if event.changed_by else _("Came with the product"),
        public_id=event.public_id,
        group=" = ".join(event.words),
        is_deletion=event.pgh_label == DELETED,
        what=list(_sentences(event)),
    )


def _sentences(event: Any) -> list[str]:
    if event.pgh_label == DELETED:
        return [_("Deleted")]
    if event.words_before is None:
        return [_("Added")]
    said = []
    if event.active_before != event.is_active:
        said.append(_("Switched on") if event.is_active else _("Switched off"))
    if added := [word for word in event.words if word not in event.words_before]:
        said.append(_("Words added: %(words)s") % {"words": ", ".join(added)})
    if gone := [word for word in event.words_before if word not in event.words]:
        said.append(_("Words removed: %(words)s") % {"words": ", ".join(gone)})
    if not (added or gone) and event.words != event.words_before:
        said.append(_("Words put in another order"))
    if event.note_before != event.note:
        said.append(_("Note changed: %(note)s") % {"note": event.note or "–"})
    return said
