"""Officers see, to the record, what is owed and what has been done (design: `obligations.compliance`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Organization
from marketplace.core.exports import csv_response, xlsx_response
from marketplace.core.money import in_percent
from marketplace.core.pages import render_part, without_empty
from obligations.compliance import FIGURES, Figures, table, total
from obligations.forms import BY, FIGURE_LABELS, ComplianceForm
from obligations.querysets import ObligationQuerySet
from obligations.views.duties import found_by, rows_page

PER_PAGE = 50
MOST_IN_A_WORKBOOK = 10_000
CHUNK = 2_000


@dataclass(frozen=True)
class Line:
    """A group as a row of the table: `cells` are (figure, count, address of its drill-down)."""

    label: str
    figures: Figures
    cells: list[tuple[str, int, str]]


def _asked(request: SignedInRequest) -> ComplianceForm:
    if not request.user.has_perm("obligations.see_compliance"):
        raise PermissionDenied(_("Only members of a government office may see this."))
    form = ComplianceForm(request.GET)
    form.is_valid()
    return form


@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    form, day = _asked(request), timezone.localdate()
    groups = _groups(request, form, day)
    lines = _lines(form, groups, request.GET)
    whole = total(groups)
    context = {
        "form": form,
        "lines": lines,
        "whole": Line(_("All"), whole, _cells(whole, _query(request.GET))),
        "labels": [FIGURE_LABELS[name] for name in FIGURES],
        "by_label": dict(BY)[form.by_what] if form.is_valid() else "",
        "day": day,
        "is_officer": True,
        "tab": "compliance",
        "is_narrowed": any(request.GET.get(name) for name in ("ministry", "year", "institute")),
        "query": without_empty(request.GET).urlencode(),
    }
    return render_part(
        request, page="obligations/compliance.html", part="obligations/partials/_compliance.html", context=context
    )


@require_safe
def overview_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The table as shown, as CSV."""
    form, day = _asked(request), timezone.localdate()
    lines = _lines(form, _groups(request, form, day), request.GET)
    return csv_response(f"compliance-{day:%Y%m%d}.csv", _table_rows(form, lines))


@require_safe
def duties(request: SignedInRequest) -> HttpResponse:
    """Exactly the duties behind a figure."""
    return rows_page(request, _asked(request), page="obligations/duties.html", is_officer=True)


@require_safe
def duties_export(request: SignedInRequest) -> StreamingHttpResponse:
    form, day = _asked(request), timezone.localdate()
    found = found_by(request, form, day).for_list()
    return csv_response(f"duties-{day:%Y%m%d}.csv", _duty_rows(found, day))


@require_safe
def duties_xlsx(request: SignedInRequest) -> HttpResponse:
    form, day = _asked(request), timezone.localdate()
    found = found_by(request, form, day)
    if found.order_by()[: MOST_IN_A_WORKBOOK + 1].count() > MOST_IN_A_WORKBOOK:
        messages.error(
            request,
            _("A workbook holds at most %(most)s duties. Export CSV, or narrow the choice.")
            % {"most": f"{MOST_IN_A_WORKBOOK:,}"},
        )
        return redirect(f"{reverse('obligations:duties')}?{without_empty(request.GET).urlencode()}")
    return xlsx_response(f"duties-{day:%Y%m%d}.xlsx", _("Duties"), _duty_rows(found.for_list(), day))


def _groups(request: SignedInRequest, form: ComplianceForm, day: date) -> list[Figures]:
    if not form.is_valid():
        return []
    return table(user=request.user, choice=form.choice, day=day, by=form.by_what)


def _query(query: QueryDict, **also: str) -> QueryDict:
    """The choice as it stands, narrowed by `also`: what a drill-down is asked with."""
    kept = without_empty(query)
    for name in ("by", "figure", "page"):
        kept.pop(name, None)
    for name, value in also.items():
        kept[name] = value
    return kept


def _lines(form: ComplianceForm, groups: list[Figures], query: QueryDict) -> list[Line]:
    """Most overdue first: what an officer comes for."""
    if not groups:
        return []
    by = form.by_what
    names: dict[Any, tuple[str, str]] = {group.key: (str(group.key), str(group.key)) for group in groups}
    if by == "institute":
        found = Organization.objects.in_bulk([group.key for group in groups])
        names = {key: (row.display_name, str(row.public_id)) for key, row in found.items()}
    lines = [
        Line(names[group.key][0], group, _cells(group, _query(query, **{by: names[group.key][1]}))) for group in groups
    ]
    return sorted(lines, key=lambda line: (-line.figures.overdue, line.label)) if by != "year" else lines


def _cells(group: Figures, query: QueryDict) -> list[tuple[str, int, str]]:
    cells = []
    for name in FIGURES:
        query["figure"] = name
        cells.append((name, getattr(group, name), f"{reverse('obligations:duties')}?{query.urlencode()}"))
    return cells


def _table_rows(form: ComplianceForm, lines: list[Line]) -> Iterator[list[Any]]:
    yield [dict(BY)[form.by_what] if form.is_valid() else "", *FIGURE_LABELS.values(), _("Rate (%)")]
    for line in lines:
        counts = [count for _name, count, _url in line.cells]
        yield [line.label, *counts, in_percent(line.figures.rate_bp)]


def _duty_rows(found: ObligationQuerySet, day: date) -> Iterator[list[Any]]:
    yield [
        _("Project number"), _("Project"), _("Ministry"), _("Institute"), _("Result"), _("Kind"), _("Number"),
        _("Duty"), _("State"), _("Overdue"), _("Due on"), _("Extended to"),
    ]  # fmt: skip
    for duty in found.iterator(CHUNK):
        result = duty.result
        yield [
            duty.project.number, duty.project.title, duty.project.ministry, duty.institute.display_name,
            result.title if result else "", result.get_kind_display() if result else "",
            result.number if result else "", duty.get_kind_display(), duty.get_state_display(),
            _("Yes") if duty.is_overdue_on(day) else _("No"), duty.due_on, duty.extended_to or "",
        ]  # fmt: skip
