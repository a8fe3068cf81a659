"""The whole register as open data: the same columns in CSV and JSON, each with what it means.

Read in blocks, so that it can be sent while it is read. What is not known, or of fewer than three, is empty.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from brokers.enums.register import FEW
from brokers.models import Registration
from brokers.queries.figures import Cells
from brokers.queries.register import Entry, draw, entries
from brokers.querysets.registration import RegistrationQuerySet

BLOCK = 250


@dataclass(frozen=True)
class Column:
    name: str
    means: str | Promise
    value: Callable[[Entry, date], Any]


def _hours(entry: Entry, day: date) -> float | None:
    median = entry.figures.answers.median
    return None if median is None else round(median.total_seconds() / 3600, 1)


def _cells(found: Cells) -> dict[str, int] | None:
    if found.total is None:
        return None
    return dict(found.parts) | ({"other": found.other} if found.other else {})


def _declared(entry: Entry, day: date) -> str | None:
    declared = entry.registration.conflicts_declared_at
    return timezone.localdate(declared).isoformat() if declared else None


def _of_office(field: str) -> Callable[[Entry, date], Any]:
    return lambda entry, day: getattr(entry.registration.organization, field, "")


def _own(field: str) -> Callable[[Entry, date], Any]:
    return lambda entry, day: getattr(entry.registration, field)


def _stars(field: str) -> Callable[[Entry, date], Any]:
    return lambda entry, day: None if entry.figures.stars is None else getattr(entry.figures.stars, field)


def _until(entry: Entry, day: date) -> str | None:
    until = entry.registration.suspended_until
    return until.isoformat() if until and entry.state == "suspended" else None


COLUMNS: tuple[Column, ...] = (
    Column("number", pgettext_lazy("broker", "Registration number"), _own("number")),
    Column("kind", _("agency: a corporation; trader: a person"), _own("kind")),
    Column("name", _("Name of the agency or trader"), lambda e, day: _name(e, "name")),
    Column("name_en", _("Name in English"), lambda e, day: _name(e, "name_en")),
    Column("name_zh", _("Name in Chinese"), lambda e, day: _name(e, "name_zh")),
    Column("office", _("Organization that mandates are given to; empty: none"), _of_office("name")),
    Column("state", _("registered or suspended. Who was cancelled is not in the list"), lambda e, day: str(e.state)),
    Column("suspended_until", _("Last day of a suspension"), _until),
    Column("registered_on", _("Day of registration"), lambda e, day: _day(e.registration.registered_at)),
    Column("conditions", _("Conditions of the registration"), _own("conditions")),
    Column("takes_new_work", _("Registered, not suspended, and has an office"), lambda e, day: e.takes_new_work),
    Column("speciality", _("Speciality, in the broker's words"), _own("speciality")),
    Column("ipc", _("Sections, classes and subclasses of the IPC the broker names"), _own("ipc_prefixes")),
    Column("regions", _("Legal-district codes of the regions the broker names"), _own("regions")),
    Column("languages", _("ISO 639-1 codes of the languages the broker names"), _own("languages")),
    Column("staff", _("People who count for the registration"), lambda e, day: e.figures.staff),
    Column("credentials", _("How many of them have which qualification"), lambda e, day: e.figures.credentials),
    Column("deals", _("Deals brought about; empty: fewer than three"), lambda e, day: e.figures.deals),
    Column("deals_by_field", _("Deals by section of the IPC"), lambda e, day: _cells(e.figures.fields)),
    Column("deals_by_size", _("Deals by value"), lambda e, day: _cells(e.figures.sizes)),
    Column(
        "offers_to_answer", _("Mandates that clients offered in the last 12 months; empty: fewer than three"),
        lambda e, day: e.figures.answers.asked or None,
    ),
    Column(
        "offers_answered", _("How many of them were answered"),
        lambda e, day: e.figures.answers.answered if e.figures.answers.asked else None,
    ),
    Column("median_hours_to_first_answer", _("Half of the answers came as soon as this or sooner"), _hours),
    Column(
        "usual_fee_bp", _("Middle value of what mandates agree on, in basis points of the guideline's fee"),
        lambda e, day: e.figures.fee_bp,
    ),
    Column("fee_text", _("On fees, in the broker's own words"), _own("fee_text")),
    Column("ratings", _("Ratings after closed deals; empty: fewer than three"), _stars("count")),
    Column("stars_median", _("Middle value of the stars, 1 to 5"), _stars("median")),
    Column("stars_mean", _("Mean of the stars"), _stars("mean")),
    Column("conflicts", _("Conflicts of interest, in the broker's words"), _own("conflicts")),
    Column("conflicts_declared_on", _("Day they were declared last; empty: never"), _declared),
    Column("website", _("Website"), _of_office("website")),
    Column("drawn", _("What the order of the day goes by"), lambda e, day: draw(day, e.registration.number)),
    Column("as_of", _("Day in Korea of these figures"), lambda e, day: day.isoformat()),
)  # fmt: skip


def _name(entry: Entry, field: str) -> str:
    if entry.registration.user is not None:
        return entry.registration.user.name if field == "name" else ""
    return getattr(entry.registration.organization, field, "")


def _day(moment: Any) -> str:
    return timezone.localdate(moment).isoformat()


def licence() -> str:
    return gettext(
        "Free for every use, also commercial, with the source named: Ieum, register of brokers, and the day."
    )


def _rows(rows: RegistrationQuerySet, day: date) -> Iterator[list[Any]]:
    """In the order of the day. Numbers are read first, so that a block costs the same wherever it lies."""
    keys = list(rows.in_neutral_order(day).values_list("pk", flat=True))
    for block in (keys[start : start + BLOCK] for start in range(0, len(keys), BLOCK)):
        found = {row.pk: row for row in Registration.objects.for_register().filter(pk__in=block)}
        for entry in entries([found[pk] for pk in block if pk in found], day=day):
            yield [column.value(entry, day) for column in COLUMNS]


def csv_rows(rows: RegistrationQuerySet, *, day: date) -> Iterator[list[Any]]:
    """Header first. Lists are joined with semicolons, counts by kind read `kind:count`."""
    yield [column.name for column in COLUMNS]
    for cells in _rows(rows, day):
        yield [_flat(cell) for cell in cells]


def _flat(cell: Any) -> Any:
    if isinstance(cell, dict):
        return ";".join(f"{key}:{many}" for key, many in cell.items())
    if isinstance(cell, list):
        return ";".join(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else cell


def json_parts(rows: RegistrationQuerySet, *, day: date) -> Iterator[str]:
    """One object: day, licence, what the fields mean, and the brokers; sent piece by piece."""
    about = {
        "as_of": day.isoformat(),
        "licence": licence(),
        "least_shown": FEW,
        "fields": [{"name": column.name, "means": str(column.means)} for column in COLUMNS],
    }
    yield json.dumps(about, ensure_ascii=False)[:-1] + ', "brokers": ['
    for place, cells in enumerate(_rows(rows, day)):
        row = dict(zip((column.name for column in COLUMNS), cells, strict=True))
        yield (",\n" if place else "\n") + json.dumps(row, ensure_ascii=False)
    yield "\n]}\n"
