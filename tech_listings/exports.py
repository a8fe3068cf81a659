"""A search as a file: the same filter, words and order as on the page, and the columns of `columns`.

CSV is a plain table: a header and the rows, so that any program reads it. What it holds stands in its name and, for
people, on the page of the export. XLSX has a second sheet that says it.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, Http404, QueryDict
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from accounts.models import Organization
from marketplace.core.exports import csv_lines, xlsx_cell
from marketplace.core.pages import without_empty
from marketplace.core.pagination import CEILING, bounded_count, has_more
from tech_listings.columns import COLUMNS, Cell
from tech_listings.enums import ExportFormat, ExportState
from tech_listings.filters import ListingFilter, chosen_values
from tech_listings.models import Listing, ListingExport, SynonymGroup
from tech_listings.results import Results, search

AT_ONCE = 1_000
"""Rows that are made while the person waits. More are made by a worker."""

CHUNK = 500
OF_THE_PAGE_ONLY = ("page", "view", "csrfmiddlewaretoken")
CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Row = list[Cell]


def canonical(query: QueryDict) -> QueryDict:
    """What of an address says what is found and in which order, in one order: equal searches are equal texts.

    What no filter is called, such as the `utm_source` of a newsletter, is left out.
    """
    kept, sorted_ = without_empty(query), QueryDict(mutable=True)
    for name in sorted(kept.keys() & ListingFilter.base_filters.keys()):
        sorted_.setlist(name, kept.getlist(name))
    return sorted_


@dataclass(frozen=True)
class Named:
    """The holders and groups of synonyms that searches name by their ids: two questions, however many searches."""

    holders: Mapping[str, Organization]
    groups: Mapping[str, SynonymGroup]

    @classmethod
    def by(cls, queries: Iterable[QueryDict]) -> "Named":
        asked = list(queries)
        holders = {query.get("holder", "") for query in asked}
        groups = {key for query in asked for key in _keys(query.get("without_synonyms", ""))}
        return cls(
            {str(one.public_id): one for one in _with_ids(Organization.objects.all(), holders)},
            {str(one.public_id): one for one in _with_ids(SynonymGroup.objects.all(), groups)},
        )


def _with_ids(rows: "QuerySet[Any]", ids: Iterable[str]) -> "QuerySet[Any]":
    return rows.filter(public_id__in=[key for key in ids if _is_id(key)]).order_by("pk")


def _keys(listed: str) -> list[str]:
    return [key for part in listed.split(",") if (key := part.strip())]


class Selection:
    """What a search finds now, of what is public now."""

    def __init__(self, query: QueryDict) -> None:
        self.query = canonical(query)

    @cached_property
    def filterset(self) -> ListingFilter:
        """The parameters read. Nothing is searched for."""
        return ListingFilter(self.query, Listing.objects.none())

    @cached_property
    def results(self) -> Results:
        return search(self.query)

    @cached_property
    def found(self) -> int:
        """How many at least, counted no further than one past `CEILING`."""
        return bounded_count(self.results.rows)

    @property
    def many(self) -> int:
        """How many rows the file gets, at most. A question keeps its best hits only, which may be fewer than found."""
        rows = self.results.rows
        return min(self.found, CEILING) if isinstance(rows, QuerySet) else min(len(rows), CEILING)

    @property
    def is_cut(self) -> bool:
        """Whether more is found than the file gets."""
        return self.found > self.many or has_more(self.results.rows, self.found)

    def listings(self) -> Iterator[Listing]:
        """In the order of the page, a chunk at a time."""
        rows = self.results.rows
        if isinstance(rows, QuerySet):
            yield from rows[:CEILING].iterator(chunk_size=CHUNK)
            return
        for start in range(0, self.many, CHUNK):
            yield from rows[start : min(start + CHUNK, self.many)]

    def words(self, named: Named | None = None) -> list[tuple[str, str]]:
        """The filter in words: (name, value), in the active language. A list of exports gives what all of them name.

        Nothing is searched for.
        """
        named = named or Named.by([self.query])
        asked = self.query.copy()
        asked.pop("holder", None)  # to read it would be a question
        filterset = ListingFilter(asked, Listing.objects.none())
        chosen = chosen_values(filterset) | {"holder": named.holders.get(self.query.get("holder", ""))}
        said = []
        for name, value in chosen.items():
            field = filterset.form.fields[name]
            if name == "without_synonyms" and value:
                said.append((str(field.label), _groups_in_words(value, named.groups)))
            elif value:
                labels = {} if name == "holder" else dict(getattr(field, "choices", ()))
                values = value if isinstance(value, list) else [value]
                said.append((str(field.label), ", ".join(_in_words(labels.get(one, one)) for one in values)))
        return said

    @property
    def address(self) -> str:
        return f"{settings.SITE_URL}{reverse('tech_listings:list')}?{self.query.urlencode()}"


def _groups_in_words(ids: str, known: Mapping[str, SynonymGroup]) -> str:
    """The groups of synonyms that were switched off; those that are gone by their id."""
    return "; ".join(str(known.get(key, key)) for key in _keys(ids))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _in_words(value: Any) -> str:
    name_in = getattr(value, "name_in", None)
    return str(name_in(translation.get_language() or "ko") if name_in else _("Yes") if value is True else value)


def rows_of(selection: Selection, language: str) -> Iterator[Row]:
    """The rows of a search without the header: at most `CEILING`, in the order of the page."""
    for listing in selection.listings():
        with translation.override(language):  # for each row: between two of them, others may have used this thread
            row = [column.cell(listing, language) for column in COLUMNS]
        yield row


def header() -> list[str]:
    return [str(column.label) for column in COLUMNS]


def file_name(selection: Selection, format: str, at: datetime) -> str:
    """Says when it was made, and where it does not hold all."""
    cut = f"-first-{selection.many}" if selection.is_cut else ""
    return f"technologies-{timezone.localtime(at):%Y%m%d-%H%M}{cut}.{format}"


def file_of(export: ListingExport) -> FileResponse:
    """The file as a download. Raises `Http404` where there is none (yet, or any more)."""
    if export.state != ExportState.READY:
        raise Http404
    try:
        with export.file.open("rb") as file:
            content = io.BytesIO(file.read())  # a few megabytes at most, see `CEILING`
    except FileNotFoundError:
        raise Http404 from None
    _attempt, _dash, name = export.file.name.rpartition("/")[2].partition("-")
    return FileResponse(
        content, as_attachment=True, filename=name, content_type=CONTENT_TYPES[ExportFormat(export.format)]
    )


# --- writing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    rows: int
    is_cut: bool
    name: str


Progress = Callable[[int], None]


def write_export(export: ListingExport, file: IO[bytes], progress: Progress, at: datetime) -> Written:
    """The file of an export into `file`, in the language of whoever asked. `progress` hears how many rows are there."""
    with translation.override(export.language):
        return write(Selection(QueryDict(export.query)), export.format, file, export.language, at, progress)


def write(
    selection: Selection,
    format: str,
    file: IO[bytes],
    language: str,
    at: datetime,
    progress: Progress = lambda rows: None,
) -> Written:
    """Write what `selection` finds, in the active language, which is `language`."""
    rows = _Counted(rows_of(selection, language), progress)
    if format == ExportFormat.XLSX:
        _write_xlsx(selection, rows, file, at)
    else:
        for line in csv_lines(_with_header(rows)):
            file.write(line.encode())
    return Written(rows.many, selection.is_cut, file_name(selection, format, at))


class _Counted:
    """Rows that say after every `CHUNK` how many there were."""

    def __init__(self, rows: Iterable[Row], progress: Progress) -> None:
        self.rows, self.progress, self.many = rows, progress, 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            yield row
            self.many += 1
            if self.many % CHUNK == 0:
                self.progress(self.many)


def _with_header(rows: Iterable[Row]) -> Iterator[list[Any]]:
    yield header()
    yield from rows


def _write_xlsx(selection: Selection, rows: _Counted, file: IO[bytes], at: datetime) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Technologies"))
    sheet.freeze_panes = "A2"
    for place, column in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    sheet.append([xlsx_cell(sheet, label, bold=True) for label in header()])
    for row in rows:
        sheet.append([xlsx_cell(sheet, value) for value in row])
    about = book.create_sheet(_("About"))
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 28, 90
    for name, value in about_lines(selection, rows.many, at):
        about.append([xlsx_cell(about, name, bold=True), xlsx_cell(about, value)])
    # openpyxl asks its file where it is, which a download of bytes can tell and some storages cannot.
    made = io.BytesIO()
    book.save(made)
    file.write(made.getbuffer())


def about_lines(selection: Selection, rows: int, at: datetime) -> Iterator[tuple[str, str | int]]:
    """What the file holds, in the active language: for the second sheet."""
    yield _("Made"), f"{timezone.localtime(at):%Y-%m-%d %H:%M} KST"
    yield _("Rows"), rows
    if selection.is_cut:
        sentence = _("More were found; the file has the first %(many)s in the order of the page.")
        yield _("Not all"), sentence % {"many": f"{rows:,}"}
    yield from selection.words() or [(_("Filters"), _("None: all published technologies"))]
    yield _("Address of the search"), selection.address
    yield _("What it holds"), _("Technologies that were public when the file was made.")
