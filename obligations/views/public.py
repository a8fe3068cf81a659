"""The public table: which institutes still owe a month after their head was written. For everybody, without an account.

It says how many and since when; which results those are is for the institute and for officers.
"""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from marketplace.core.exports import csv_response
from marketplace.core.money import in_percent
from obligations.duty_forms import PublicForm
from obligations.enums import CALENDAR, DAYS_FROM_HEAD_TO_PUBLIC
from obligations.exports import PublicRow, public_lines


def rows_of(form: PublicForm) -> list[PublicRow]:
    """None where the form cannot be read."""
    return public_lines(form.choice, timezone.localdate()) if form.is_valid() else []


@require_safe
def table(request: HttpRequest) -> HttpResponse:
    form = PublicForm(request.GET)
    context = {
        "form": form,
        "rows": rows_of(form),
        "day": timezone.localdate(),
        "calendar": CALENDAR,
        "head_to_public": DAYS_FROM_HEAD_TO_PUBLIC,
        "kind": form.choice.kind if form.is_valid() else "",
    }
    return render(request, "obligations/public.html", context)


@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The table as shown, as CSV."""
    rows = rows_of(PublicForm(request.GET))
    return csv_response(f"overdue-institutes-{timezone.localdate():%Y%m%d}.csv", _cells(rows))


def _cells(rows: list[PublicRow]) -> Iterator[list[Any]]:
    yield [
        _("Institute"), _("Business registration number"), _("Overdue after the letter to the head"),
        _("Oldest deadline"), _("Owed"), _("Exempt"), _("Done"), _("Rate (%)"),
    ]  # fmt: skip
    for row in rows:
        figures = row.line.figures
        yield [
            row.institute.display_name, row.institute.business_number_text, row.line.late, row.line.since,
            figures.owed, figures.exempt, figures.discharged, in_percent(figures.rate_bp),
        ]  # fmt: skip
