"""Which column fills what: guessed from headers and values, corrected by hand, remembered for the source."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
class Fields:
    """What columns can fill. `labels` in the order of the mapping page; `target_of` knows headers, `by_values` cells.

    `lacking` gives (field, what to do) for each thing that has to be chosen; `needed` says it to people.
    """

    labels: Mapping[str, Promise | str]
    target_of: Callable[[str], str | None]
    lacking: Callable[[Collection[str]], list[tuple[str, str]]]
    stranger: Promise | str
    needed: Promise | str
    by_values: tuple[tuple[str, Callable[[str], object]], ...] = ()


def _lacking(filled: Collection[str]) -> list[tuple[str, str]]:
    found = []
    if not {"title", "invention_title", "title_en", "title_zh"} & set(filled):
        found.append(("title", _("Choose the column that holds the name of the technology.")))
    if not set(KEY_TARGETS) & set(filled):
        number = _("Choose a column with the application number, registration number or an identifier of your own.")
        found.append(("application_number", number))
    return found


LISTING_FIELDS = Fields(
    labels=TARGETS,
    target_of=target_of,
    lacking=_lacking,
    stranger=gettext_lazy("“%(target)s” is not a field of a technology."),
    needed=gettext_lazy("A name and one number or identifier are needed."),
    by_values=(("application_number", application_number), ("ipc", values.ipc_codes)),
)


@dataclass(frozen=True)
class ColumnMapping:
    """`columns`: target → column name. Targets that are not in it are left as they are."""

    columns: Mapping[str, str]
    fields: Fields = LISTING_FIELDS

    def as_json(self) -> dict[str, str]:
        return {target: self.columns[target] for target in self.fields.labels if target in self.columns}

    def missing(self) -> list[tuple[str, str]]:
        """What keeps the mapping from being used: (field, what to do)."""
        return self.fields.lacking(self.columns.keys())

    def check(self, columns: Sequence[Column]) -> None:
        """Raise `BadMapping` unless every target and column exists and name and key are filled."""
        names = {c.name for c in columns}
        for target, name in self.columns.items():
            if target not in self.fields.labels:
                raise BadMapping(str(self.fields.stranger) % {"target": target}, field=target)
            if name not in names:
                raise BadMapping(_("The file has no column “%(column)s”.") % {"column": name}, field=target)
        for field, what_to_do in self.missing():
            raise BadMapping(what_to_do, field=field)


def from_json(data: object, fields: Fields = LISTING_FIELDS) -> ColumnMapping:
    """A mapping as people write it: {"title": "발명의명칭", …}. Raises `BadMapping`."""
    if not isinstance(data, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in data.items()):
        raise BadMapping(_('A mapping is an object of field and column name, like {"title": "발명의명칭"}.'))
    return ColumnMapping({k: v for k, v in data.items() if v}, fields)


def guess(
    columns: Sequence[Column], remembered: Mapping[str, str] | None = None, fields: Fields = LISTING_FIELDS
) -> ColumnMapping:
    """What was remembered and still fits; else by header; else by a look at the values."""
    names = {c.name for c in columns}
    found: dict[str, str] = {t: n for t, n in (remembered or {}).items() if n in names and t in fields.labels}
    used = set(found.values())
    for column in columns:
        target = fields.target_of(column.name)
        if (
            target
            and column.name not in used
            and (target not in found or _is_fuller(column, found[target], columns, remembered))
        ):
            found[target] = column.name
            used.add(column.name)
    for column in columns:
        if column.name not in used and (target := _by_values(column, fields)) and target not in found:
            found[target] = column.name
            used.add(column.name)
    return ColumnMapping(found, fields)


def _is_fuller(column: Column, other: str, columns: Iterable[Column], remembered: Mapping[str, str] | None) -> bool:
    """Of two columns that mean the same, an empty one gives way, unless a person chose it."""
    chosen = other in (remembered or {}).values()
    return not chosen and bool(column.samples) and not next(c for c in columns if c.name == other).samples


def _by_values(column: Column, fields: Fields) -> str | None:
    for target, parse in fields.by_values:
        if column.samples and all(_parses(parse, s) for s in column.samples):
            return target
    return None


def _parses(parse: object, text: str) -> bool:
    try:
        return bool(parse(text))  # type: ignore[operator]
    except BadValue:
        return False
