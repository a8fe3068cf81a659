"""The fields of a technology as an officer reads and marks them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.core.models import field_of
from marketplace.core.money import won
from taxonomy.enums import System
from taxonomy.queries import titles
from tech_listings.models import Listing, Submission
from tech_listings.queries import shown
from tech_listings.services.submission import SHOWN_FIELDS, content_of

CODES = {"st_class": System.ST, "ksic_code": System.KSIC, "ipc_codes": System.IPC, "trl": System.TRL}


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
    def is_empty(self) -> bool:
        """Nothing stands there, and nothing is said about it."""
        return not (self.value or self.asked or self.before is not None or self.is_open)

    @property
    def is_open(self) -> bool:
        return self.is_marked or self.is_refused

    @property
    def lacks_note(self) -> bool:
        """Marked, and nothing said about it: it cannot be returned like this."""
        return self.is_marked and not self.note

    @property
    def is_wrong(self) -> bool:
        return self.is_refused or self.lacks_note

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
            value=_read(name, now[name]),
            before=_read(name, then[name]) if name in then and then[name] != now[name] else None,
            asked=earlier.marks.get(name, "") if earlier else "",
            note=typed.get(name, ""),
            is_marked=name in typed,
            is_refused=refused == name,
        )
        for name in SHOWN_FIELDS
    ]


def _read(name: str, value: Any) -> str:
    """With the title beside a code, and money as people write it."""
    if name == "price_won" and value is not None:
        return won(value)
    if value and (system := CODES.get(name)):
        codes = [str(each) for each in (value if isinstance(value, list) else [value])]
        known = titles(system, codes, or_ancestor=system == System.IPC)
        return "\n".join(f"{code} {known.get(code, '')}".strip() for code in codes)
    return shown(name, value)


def changed_rights(listing: Listing, earlier: Submission | None) -> str | None:
    """The numbers of the rights when it was returned, None where nothing about them has changed since."""
    if earlier is None or earlier.content.get("rights") == content_of(listing)["rights"]:
        return None
    return ", ".join(map(_number, earlier.content.get("rights", []))) or "–"


def _number(right: Mapping[str, Any]) -> str:
    return str(right["registration_number"] or right["application_number"] or right["title"])
