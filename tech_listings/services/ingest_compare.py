"""What a record would change on a listing, field by field."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tech_listings.ingest.records import is_same_but_for_encoding
from tech_listings.models import Listing, Right

SHOWN = 2_000


@dataclass
class Changes:
    """New values of listing and right (JSON values; `right` None where it stays), what is shown of them as
    [field, old, new], and what the file's encoding could not hold as (field, characters)."""

    listing: dict[str, Any] = field(default_factory=dict)
    right: dict[str, Any] | None = None
    shown: list[list[str]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.shown)

    def completes(self, listing: Listing) -> bool:
        """Whether a draft of an import becomes publishable by this: it now has a summary."""
        return any(name.startswith("summary_") for name in self.listing) and not listing.text_in("summary", "ko")


def compare(
    listing: Listing, content: Mapping[str, Any], right: Mapping[str, Any] | None, *, lossy: str = ""
) -> Changes:
    """Changes that `content` and `right` (see `ingest.content`) make. `lossy` names the encoding of a file that cannot
    hold every character: a text that differs only by that is kept."""
    changes = Changes()
    for name, new in content.items():
        _one(changes, name, getattr(listing, name), new, lossy, into=changes.listing)
    if right is not None:
        _right(changes, listing, right, lossy)
    return changes


def _right(changes: Changes, listing: Listing, new: Mapping[str, Any], lossy: str) -> None:
    old = right_meant(listing, new)
    found: dict[str, Any] = {}
    for name, value in new.items():
        # An empty cell leaves what is there.
        if value or old is None:
            _one(changes, name, getattr(old, name) if old else "", value, lossy, into=found, prefix="right.")
    if found:
        changes.right = {"id": old.pk if old else None, **(found if old else dict(new))}


def right_meant(listing: Listing, new: Mapping[str, Any]) -> Right | None:
    """The right of the listing with the same application or registration number, else its only one without a number."""
    rights = list(listing.rights.all())
    for name in ("application_number", "registration_number"):
        for right in rights:
            if new[name] and getattr(right, name) == new[name]:
                return right
    return None


def _one(
    changes: Changes, name: str, old: Any, new: Any, lossy: str, *, into: dict[str, Any], prefix: str = ""
) -> None:
    before = old.isoformat() if isinstance(old, datetime.date) else old
    if before == new or (not before and not new and before != 0 and new != 0):
        return
    texts = isinstance(before, str) and isinstance(new, str)
    if lossy and texts and (lost := is_same_but_for_encoding(new, before, lossy)):
        changes.lost.append((prefix + name, lost))
        return
    into[name] = new
    changes.shown.append([prefix + name, _text(before), _text(new)])


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
