"""What waits on a person. Every app says which kinds of things may, and all of them are asked for in one statement.

A kind is a queryset, the few columns its sentence needs, and the sentence. `ask` puts the querysets of any number of
kinds together (UNION ALL, each bounded), so that the home page costs one question however many apps there are, and
every rule stays in its app.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count, F, Func, IntegerField, JSONField, Model, OuterRef, QuerySet, Value, Window
from django.db.models.functions import RowNumber

EACH = 10
"""So many of a kind are told."""

Rows = QuerySet[Any]
COLUMNS = ("waiting_kind", "waiting_place", "waiting_row")
WHOLE = IntegerField()


class Values(Func):
    """The columns of a row as one, in their order. Without their names: to make thirty statements with them takes
    longer than the database needs to answer."""

    function = "JSONB_BUILD_ARRAY"
    output_field = JSONField()


@dataclass(frozen=True)
class Waiting:
    """A sentence, where to go on, and by when, if by a day."""

    title: str
    url: str
    due_on: date | None = None
    is_overdue: bool = False


@dataclass(frozen=True)
class Kind:
    """Rows that wait, in their order. `tell` gets each as an object of the model that knows `columns` and nothing else.

    A column is a path as in `values`, through foreign keys too (`listing__title_ko`), or an annotation. `lists` are
    related rows, each with the columns wanted of them; the object then has them as if prefetched. `tell` may answer
    None.
    """

    rows: Rows
    columns: tuple[str, ...]
    tell: Callable[[Any], Any]
    limit: int = EACH
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def then(self, change: Callable[[Any], Any]) -> "Kind":
        """The same rows, told as what `change` makes of it."""
        return replace(self, tell=lambda row: change(self.tell(row)))

    def arm(self, number: int) -> Rows:
        rows = self.rows.order_by(*self._order()) if not self.rows.query.order_by else self.rows
        given = (*(F(path) for path in self.columns), *(self._list(*of) for of in self.lists.items()))
        place = Window(RowNumber(), order_by=list(self._order()))
        return rows.annotate(**_columns(number, place, Values(*given))).values_list(*COLUMNS)[: self.limit]

    def told(self, given: list[Any]) -> Any:
        own = len(self.columns)
        row = _thaw(self.rows.model, dict(zip(self.columns, given[:own], strict=True)))
        for (name, columns), found in zip(self.lists.items(), given[own:], strict=True):
            relation = self.rows.model._meta.get_field(name)
            many = getattr(row, name).all()
            many._result_cache = [
                _thaw(relation.related_model, dict(zip(columns, each, strict=True))) for each in found or ()
            ]
            row._prefetched_objects_cache = {**getattr(row, "_prefetched_objects_cache", {}), name: many}
        return self.tell(row)

    def _order(self) -> Sequence[Any]:
        return self.rows.query.order_by or self.rows.model._meta.ordering or ("pk",)

    def _list(self, name: str, columns: tuple[str, ...]) -> ArraySubquery:
        relation: Any = self.rows.model._meta.get_field(name)
        rows = relation.related_model._default_manager.filter(**{relation.field.name: OuterRef("pk")})
        return ArraySubquery(rows.order_by("pk").values(each=Values(*(F(path) for path in columns))))


@dataclass(frozen=True)
class Number:
    """How many rows wait: one sentence for all of them, none where there are none."""

    rows: Rows
    tell: Callable[[int], Any]

    def arm(self, number: int) -> Rows:
        columns = _columns(number, Value(0, output_field=WHOLE), Values(Count("pk")))
        # Grouped by nothing but a constant, so that all rows are counted.
        kind = self.rows.order_by().annotate(waiting_kind=columns.pop("waiting_kind")).values("waiting_kind")
        return kind.annotate(**columns).values_list(*COLUMNS)

    def told(self, given: list[Any]) -> Any:
        (many,) = given
        return self.tell(many) if many else None


def ask(kinds: Iterable[Kind | Number]) -> list[Any]:
    """What `tell` makes of every row, kind by kind and in the order of each. One statement."""
    asked = list(kinds)
    arms = [kind.arm(number) for number, kind in enumerate(asked)]
    if not arms:
        return []
    rows = arms[0] if len(arms) == 1 else arms[0].union(*arms[1:], all=True)
    found = sorted(rows, key=lambda row: row[:2])
    told = (asked[number].told(given) for number, _place, given in found)
    return [each for each in told if each is not None]


def by_deadline(found: Iterable[Any]) -> list[Any]:
    """What is overdue without a day first, then by day, what has none last; otherwise in the order given."""
    return sorted(found, key=lambda each: each.due_on or (date.min if each.is_overdue else date.max))


def _columns(number: int, place: Any, given: Any) -> dict[str, Any]:
    return dict(zip(COLUMNS, (Value(number, output_field=WHOLE), place, given), strict=True))


def _thaw(model: Any, given: Mapping[str, Any]) -> Any:
    """An object of the model with these columns; what was not asked for is deferred."""
    own: dict[str, Any] = {}
    related: dict[str, dict[str, Any]] = {}
    extra: dict[str, Any] = {}
    by_attname = {column.attname: column for column in model._meta.concrete_fields}
    for path, value in given.items():
        name, _mark, rest = path.partition("__")
        if rest:
            related.setdefault(name, {})[rest] = value
            continue
        try:
            column = model._meta.pk if name == "pk" else by_attname.get(name) or model._meta.get_field(name)
        except FieldDoesNotExist:
            extra[name] = value
            continue
        own[column.attname] = None if value is None else column.to_python(value)
    concrete = [column.attname for column in model._meta.concrete_fields if column.attname in own]
    made: Model = model.from_db("default", concrete, [own[name] for name in concrete])
    for name, columns in related.items():
        is_there = any(value is not None for value in columns.values())
        relation = model._meta.get_field(name)
        made._state.fields_cache[relation.name] = _thaw(relation.related_model, columns) if is_there else None
    for name, value in extra.items():
        setattr(made, name, value)
    return made
