"""Which column fills what: guessed from headers and values, corrected by hand, remembered for the source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError
from tech_listings.ingest import values
from tech_listings.ingest.known_fields import TARGETS, target_of
from tech_listings.ingest.patent_numbers import application_number
from tech_listings.ingest.problems import BadValue
from tech_listings.ingest.tables import Column

KEY_TARGETS = ("external_id", "application_number", "registration_number")


class BadMapping(DomainError):
    """The mapping names what does not exist, or leaves out what is needed."""

    code = "bad_mapping"


@dataclass(frozen=True)
class ColumnMapping:
    """`columns`: target → column name. Targets that are not in it are left as they are on the listing."""

    columns: Mapping[str, str]

    def as_json(self) -> dict[str, str]:
        return {target: self.columns[target] for target in TARGETS if target in self.columns}

    def missing(self) -> list[str]:
        """What keeps the mapping from being used: `title`, `key`."""
        lacking = []
        if not {"title", "invention_title", "title_en", "title_zh"} & self.columns.keys():
            lacking.append("title")
        if not set(KEY_TARGETS) & self.columns.keys():
            lacking.append("key")
        return lacking

    def check(self, columns: Sequence[Column]) -> None:
        """Raise `BadMapping` unless every target and column exists and name and key are filled."""
        names = {c.name for c in columns}
        for target, name in self.columns.items():
            if target not in TARGETS:
                raise BadMapping(_("“%(target)s” is not a field of a technology.") % {"target": target}, field=target)
            if name not in names:
                raise BadMapping(_("The file has no column “%(column)s”.") % {"column": name}, field=target)
        lacking = self.missing()
        if "title" in lacking:
            raise BadMapping(_("Choose the column that holds the name of the technology."), field="title")
        if "key" in lacking:
            raise BadMapping(
                _("Choose a column with the application number, registration number or an identifier of your own."),
                field="application_number",
            )


def from_json(data: object) -> ColumnMapping:
    """A mapping as people write it: {"title": "발명의명칭", …}. Raises `BadMapping`."""
    if not isinstance(data, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in data.items()):
        raise BadMapping(_('A mapping is an object of field and column name, like {"title": "발명의명칭"}.'))
    return ColumnMapping({k: v for k, v in data.items() if v})


def guess(columns: Sequence[Column], remembered: Mapping[str, str] | None = None) -> ColumnMapping:
    """What was remembered and still fits; else by header; else by a look at the values."""
    names = {c.name for c in columns}
    found: dict[str, str] = {t: n for t, n in (remembered or {}).items() if n in names and t in TARGETS}
    used = set(found.values())
    for column in columns:
        target = target_of(column.name)
        if (
            target
            and column.name not in used
            and (target not in found or _is_fuller(column, found[target], columns, remembered))
        ):
            found[target] = column.name
            used.add(column.name)
    for column in columns:
        if column.name not in used and (target := _by_values(column)) and target not in found:
            found[target] = column.name
            used.add(column.name)
    return ColumnMapping(found)


def _is_fuller(column: Column, other: str, columns: Iterable[Column], remembered: Mapping[str, str] | None) -> bool:
    """Of two columns that mean the same, an empty one gives way, unless a person chose it."""
    chosen = other in (remembered or {}).values()
    return not chosen and bool(column.samples) and not next(c for c in columns if c.name == other).samples


def _by_values(column: Column) -> str | None:
    for target, parse in (("application_number", application_number), ("ipc", values.ipc_codes)):
        if column.samples and all(_parses(parse, s) for s in column.samples):
            return target
    return None


def _parses(parse: object, text: str) -> bool:
    try:
        return bool(parse(text))  # type: ignore[operator]
    except BadValue:
        return False
