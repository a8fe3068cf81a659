"""Open statistics: how much there is of what everybody may know, counted from the rows and kept for a while.

Needs may be unnamed: a number of them is not said where it is fewer than `FEW`, for nobody shall be told from it. All
needs are counted twice, by state and by month: one table has the total of the other, from which a number that is left
out could be worked out. What is few is therefore told together with the line beside it (docs/adr/0050).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, QuerySet
from django.db.models.functions import Left, TruncMonth
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from accounts.enums import InstituteKind
from accounts.models import Organization
from brokers.enums.registration import RegistrationKind
from brokers.models import Registration
from deals.enums.contracts import CONCLUDED
from deals.models import Contract
from marketplace.core.few import FEW, is_few
from marketplace.core.replica import on_replica
from matching.enums import NeedState
from matching.models import Need
from programmes.enums.calls import SchemeKind
from programmes.models import Call
from taxonomy.enums import System
from taxonomy.queries import titles
from tech_listings.enums import ListingState, RightSummary
from tech_listings.models import Listing

MONTHS = 24
KEPT_SECONDS = 2 * 60 * 60
KEY = "portal:statistics:1"

Counts = list[tuple[str, int]]


def _counted(rows: QuerySet[Any], by: Any) -> Counts:
    """(value as text, how many), most first; what has no value is left out."""
    found = on_replica(rows).order_by().values(group=by).annotate(many=Count("pk")).values_list("group", "many")
    known = [(str(value), many) for value, many in found if value not in (None, "")]
    return sorted(known, key=lambda each: (-each[1], each[0]))


def _by_month(rows: QuerySet[Any], field: str, day: date) -> Counts:
    """(`2026-03`, how many) for the last `MONTHS` months that are over or running, the oldest first."""
    months = [_back(day, n) for n in range(MONTHS - 1, -1, -1)]
    month = TruncMonth(field)
    since = on_replica(rows).filter(**{f"{field}__gte": _first(field, rows, months[0])})
    found = since.order_by().values(group=month).annotate(many=Count("pk")).values_list("group", "many")
    counted = {f"{value:%Y-%m}": many for value, many in found}
    return [(f"{each:%Y-%m}", counted.get(f"{each:%Y-%m}", 0)) for each in months]


def _back(day: date, months: int) -> date:
    whole = day.year * 12 + day.month - 1 - months
    return date(whole // 12, whole % 12 + 1, 1)


def _first(field: str, rows: QuerySet[Any], day: date) -> date | datetime:
    if rows.model._meta.get_field(field).get_internal_type() == "DateTimeField":
        return timezone.make_aware(datetime.combine(day, time.min))
    return day


def _public() -> QuerySet[Listing]:
    return Listing.objects.published()


def _holders() -> QuerySet[Organization]:
    return Organization.objects.filter(pk__in=_public().order_by().values("holder"), kind="institute")


def _contracts() -> QuerySet[Contract]:
    return Contract.objects.filter(state__in=CONCLUDED)


@dataclass(frozen=True)
class Table:
    """A table as data: how it is counted, what its values are called, and what several of them are called together:
    given where no line may tell of fewer than `FEW`.
    """

    key: str
    title: Any
    group: Any
    count: Callable[[date], Counts]
    names: Callable[[list[str]], dict[str, str]]
    together: Callable[[Sequence[str]], str] | None = None


def _from_to(months: Sequence[str]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} – {months[-1]}"


def _labels(choices: Any) -> Callable[[list[str]], dict[str, str]]:
    return lambda _values: {str(value): str(label) for value, label in choices}


def _as_they_are(values: list[str]) -> dict[str, str]:
    return {}


def _fields(values: list[str]) -> dict[str, str]:
    return titles(System.ST, values)


TABLES: tuple[Table, ...] = (
    Table("technologies-by-field", gettext_lazy("Technologies by field"), pgettext_lazy("broker", "Field"),
          lambda day: _counted(_public().exclude(st_class=""), Left("st_class", 2)), _fields),
    Table("technologies-by-right", gettext_lazy("Technologies by right"), gettext_lazy("Right"),
          lambda day: _counted(_public(), F("right_summary")), _labels(RightSummary.choices)),
    Table("technologies-by-state", gettext_lazy("Technologies by state"), gettext_lazy("State"),
          lambda day: _counted(_public(), F("state")), _labels(ListingState.choices)),
    Table("technologies-by-month", gettext_lazy("Technologies registered per month"), gettext_lazy("Month"),
          lambda day: _by_month(_public(), "registered_at", day), _as_they_are),
    Table("holders", gettext_lazy("Institutes with technologies"), gettext_lazy("Kind"),
          lambda day: _counted(_holders(), F("institute_kind")), _labels(InstituteKind.choices)),
    Table("needs-by-state", gettext_lazy("Needs of firms by state"), gettext_lazy("State"),
          lambda day: _counted(Need.objects.all(), F("state")), _labels(NeedState.choices), ", ".join),
    Table("needs-by-month", gettext_lazy("Needs posted per month"), gettext_lazy("Month"),
          lambda day: _by_month(Need.objects.all(), "opened_at", day), _as_they_are, _from_to),
    Table("brokers", gettext_lazy("Registered brokers"), gettext_lazy("Kind"),
          lambda day: _counted(Registration.objects.listed(), F("kind")), _labels(RegistrationKind.choices)),
    Table("calls", gettext_lazy("Calls published"), gettext_lazy("Kind"),
          lambda day: _counted(Call.objects.published(), F("kind")), _labels(SchemeKind.choices)),
    Table("contracts-by-month", gettext_lazy("Contracts signed per month"), gettext_lazy("Month"),
          lambda day: _by_month(_contracts(), "signed_on", day), _as_they_are),
)  # fmt: skip


def few_text() -> str:
    return _("fewer than %(few)d") % {"few": FEW}


@dataclass(frozen=True)
class Line:
    """`count` is None where it is not said. `share` is how long its bar is, in percent of the longest."""

    name: str
    count: int | None
    share: int

    @property
    def text(self) -> str:
        return few_text() if self.count is None else f"{self.count:,}"


@dataclass(frozen=True)
class Shown:
    key: str
    title: str
    group: str
    lines: list[Line]
    hides_few: bool


@dataclass(frozen=True)
class Statistics:
    at: datetime
    tables: list[Shown]


def refresh(at: datetime) -> dict[str, Any]:
    """Count everything anew and keep it. What is kept has no words: every reader has a language."""
    day = timezone.localdate(at)
    found = {"at": at.isoformat(), "tables": {table.key: table.count(day) for table in TABLES}}
    cache.set(KEY, found, KEPT_SECONDS)
    return found


def statistics(at: datetime) -> Statistics:
    """In the reader's language, at most two hours old; without the cache counted at once."""
    kept = cache.get(KEY) or refresh(at)
    return Statistics(
        parse_datetime(kept["at"]) or at, [_shown(table, kept["tables"].get(table.key, [])) for table in TABLES]
    )


def _shown(table: Table, counts: Counts) -> Shown:
    names = table.names([value for value, _many in counts])
    named = [([names.get(value, value)], many) for value, many in counts]
    join = table.together or "".join
    said = _none_few(named) if table.together else named
    most = max((many for _names, many in said), default=0) or 1
    lines = [
        Line(join(each), None, 0)
        if table.together and is_few(many)
        else Line(join(each), many, round(100 * many / most))
        for each, many in said
    ]
    return Shown(table.key, str(table.title), str(table.group), lines, table.together is not None)


def _none_few(lines: list[tuple[list[str], int]]) -> list[tuple[list[str], int]]:
    """A line that is few together with those before it until they are no more, begun at the last line (the fewest, or
    the newest month). Only where all lines together are few does each stay alone.
    """
    if is_few(sum(many for _names, many in lines)):
        return lines
    made: list[tuple[list[str], int]] = []
    for names, many in reversed(lines):
        if made and is_few(made[-1][1]):
            made[-1] = ([*names, *made[-1][0]], made[-1][1] + many)
        else:
            made.append((names, many))
    while len(made) > 1 and is_few(made[-1][1]):
        names, many = made.pop()
        made[-1] = ([*names, *made[-1][0]], made[-1][1] + many)
    return made[::-1]


def rows_of(shown: Shown) -> list[list[Any]]:
    """The table as a file has it, the header first."""
    head = [shown.group, pgettext("statistics", "Number")]
    return [head, *([line.name, line.text if line.count is None else line.count] for line in shown.lines)]
