"""Figures of the plan: the board, one figure, the rows behind it. Open to everybody where the figure is."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from marketplace.core.exports import download
from marketplace.core.pages import without_empty
from marketplace.core.pagination import BoundedPaginator
from policy.exports.figures import board_cells, row_cells
from policy.forms.figures import RowsForm, may_unpack
from policy.models import LiveValue
from policy.models.figures import Valued
from policy.queries.figures.access import answered_now, find, governs, sees_all, shown_values, told
from policy.queries.figures.completeness import missing
from policy.queries.figures.figure import Figure, Scope
from policy.queries.figures.kinds import share_bp
from policy.queries.plans import naming
from policy.results.board import by_theme, tiles
from policy.results.history import frozen_versions, month_chart, month_lines, year_chart, years
from policy.results.live import current
from policy.results.rows import RowsOf
from policy.wording.figures import amount

PER_PAGE, MOST_MISSING = 20, 300


def visible(request: HttpRequest, code: str) -> Figure:
    """The figure, where the viewer may see it; else there is nothing here."""
    figure = find(request.user, code)
    if figure is None:
        raise Http404
    return figure


@login_not_required
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """All figures that the viewer may see, from what workers stored: the same few questions however much there is."""
    found = tiles(request.user)
    computed = [tile.live.computed_at for tile in found if isinstance(tile.live, LiveValue)]
    context = {
        "themes": by_theme(found),
        "computed_at": min(computed, default=None),
        "is_told_by_months": not sees_all(request.user),
    }
    return render(request, "policy/figures/board.html", context)


@login_not_required
@require_safe
def board_export(request: HttpRequest) -> HttpResponseBase:
    return download(request, "figures", _("Figures"), board_cells(tiles(request.user)))


@login_not_required
@require_safe
def figure(request: HttpRequest, code: str) -> HttpResponse:
    """Definition, live value with what it is made of, years with targets and gaps, frozen months with corrections."""
    found = visible(request, code)
    lines = years(request.user, found)
    months = BoundedPaginator(frozen_versions(request.user, found), PER_PAGE).get_page(request.GET.get("page"))
    months.object_list = month_lines(request.user, found, months.object_list)
    live = current(shown_values(request.user, [found])[found.code])
    shown = told(request.user, found, live) if live else None
    by_year, by_month = year_chart(lines), month_chart(request.user, found)
    context = {
        "figure": found,
        "live": live,
        "answers": live if live and found.needs_answers else answered_now([found]).get(found.code),
        "shown": shown,
        "value_text": amount(found.unit, shown.value if shown else None),
        "parts": _parts(found, shown),
        "years": lines[::-1],
        "year_chart": by_year,
        "year_top": amount(found.unit, by_year.top),
        "months": months,
        "month_chart": by_month,
        "month_top": amount(found.unit, by_month.top) if by_month else "",
        "has_target": any(line.target for line in lines),
        "missing": _missing(found, live) if sees_all(request.user) else [],
        "is_told_by_months": found.is_monthly and not sees_all(request.user),
        "plans": naming(found.code),
        "may_govern": governs(request.user),
    }
    return render(request, "policy/figures/figure.html", context)


def _parts(found: Figure, shown: Any) -> list[dict[str, Any]]:
    """What the value is made of, part by part; nothing where it is of too few rows to be told."""
    if shown is None or shown.is_hidden:
        return []
    return [
        {
            "key": part.key,
            "name": part.name,
            "rows": shown.tallies[part.key].rows,
            "text": amount(part.unit, shown.tallies[part.key].total) if found.kind != "median" else "",
            "share_bp": share_bp(shown.tallies, part.key) if found.is_shares else None,
        }
        for part in found.parts
        if part.key in shown.tallies
    ]


def _missing(found: Figure, live: Valued | None) -> list[Any]:
    if live is None or not found.needs_answers or live.is_complete:
        return []
    return list(missing(found, Scope(timezone.localdate(), live.year))[:MOST_MISSING])


def _asked(request: HttpRequest, code: str) -> tuple[Figure, RowsForm, RowsOf | None]:
    """What rows were asked for; None where that cannot be, which the form then says."""
    found = visible(request, code)
    form = RowsForm(request.GET, figure=found)
    if not form.is_valid():
        return found, form, None
    part = found.part(form.part_key)
    assert part is not None  # the form offers no other
    snapshot = form.snapshot(request.user)
    if form.cleaned_data.get("month") and snapshot is None:
        form.add_error("month", _("Of this year nothing was frozen in that month. Choose another month or year."))
        return found, form, None
    scope = Scope(timezone.localdate(), form.chosen_year)
    return found, form, RowsOf(request.user, found, part, scope, snapshot)


@login_not_required
@require_safe
def rows(request: HttpRequest, code: str) -> HttpResponse:
    """The rows of a part as they are recorded now, or as they were when a month was frozen."""
    found, form, asked = _asked(request, code)
    if asked is not None and asked.snapshot is not None and not may_unpack(request, asked.part):
        return render(request, "429.html", status=429)
    page = BoundedPaginator(asked.found() if asked else [], PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "figure": found,
        "form": form,
        "asked": asked,
        "page": page,
        "rows": asked.named(page.object_list) if asked else [],
        "query": without_empty(request.GET).urlencode(),
    }
    return render(request, "policy/figures/rows.html", context, status=200 if asked else 400)


@login_not_required
@require_safe
def rows_export(request: HttpRequest, code: str) -> HttpResponseBase:
    """The rows as shown: the same part, year and month, all of them."""
    found, form, asked = _asked(request, code)
    if asked is None:
        return render(request, "policy/figures/rows.html", {"figure": found, "form": form, "rows": []}, status=400)
    if asked.snapshot is not None and not may_unpack(request, asked.part):
        return render(request, "429.html", status=429)
    return download(request, f"{found.code}-{asked.part.key}", pgettext("figures", "Rows"), row_cells(asked))
