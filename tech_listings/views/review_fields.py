"""The fields of a technology as an officer reads and marks them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.core.models import field_of
from tech_listings.models import Listing, Submission
from tech_listings.queries import shown
from tech_listings.services.submission import SHOWN_FIELDS, content_of


@dataclass(frozen=True)
class ShownField:
    """`before` is what stood there when it was returned, None where nothing has changed since; `asked` the note of
    that return. `note` and `is_marked` are what the officer has typed now."""

    name: str
    label: str
    value: str
    before: str | None = None
    asked: str = ""
    note: str = ""
    is_marked: bool = False
    is_refused: bool = False

    @property
    def is_open(self) -> bool:
        return self.is_marked or self.is_refused

    @property
    def was_ignored(self) -> bool:
        """Marked at the last return and not changed since."""
        return bool(self.asked) and self.before is None


def fields_of(
    listing: Listing, earlier: Submission | None, typed: Mapping[str, str], refused: str | None
) -> list[ShownField]:
    now, then = content_of(listing), earlier.content if earlier else {}
    return [
        ShownField(
            name=name,
            label=str(field_of(Listing, name).verbose_name),
            value=shown(name, now[name]),
            before=shown(name, then[name]) if earlier and name in then and then[name] != now[name] else None,
            asked=earlier.marks.get(name, "") if earlier else "",
            note=typed.get(name, ""),
            is_marked=name in typed,
            is_refused=refused == name,
        )
        for name in SHOWN_FIELDS
    ]


def changed_rights(listing: Listing, earlier: Submission | None) -> str | None:
    """The numbers of the rights when it was returned, None where nothing about them has changed since."""
    if earlier is None or earlier.content.get("rights") == content_of(listing)["rights"]:
        return None
    return ", ".join(map(_number, earlier.content.get("rights", []))) or "–"


def _number(right: Mapping[str, Any]) -> str:
    return str(right["registration_number"] or right["application_number"] or right["title"])
