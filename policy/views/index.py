"""The capability index as everybody reads it, and an institute's own report and what-if."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Organization
from marketplace.core.exports import download
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import BoundedPaginator
from marketplace.core.pdf import make_pdf
from policy.enums.index import Indicator
from policy.exports.index import ranking_cells
from policy.forms.index import AskedForm, WhatIfForm
from policy.models import IndexWeights, Ranking, RankingLine
from policy.queries.index import line_of, own_inputs, ranked_years, ranking_of, what_if
from policy.querysets.survey import governs_survey, institutes_of
from policy.views.asked import PER_PAGE, own_institute, year_asked
from policy.wording.index import figure_words, method_rows, method_words, part_rows, report_blocks


def _asked(request: HttpRequest) -> tuple[list[int], Ranking | None, AskedForm]:
    years = ranked_years()
    year = year_asked(request, years)
    return years, ranking_of(year) if year else None, AskedForm(request.GET)


@login_not_required
@require_safe
def capability(request: HttpRequest) -> HttpResponse:
    """The ranking of a year by peer group, with the breakdown and how much is known."""
    years, ranking, form = _asked(request)
    lines = ranking.lines.for_list().in_group(form.asked) if ranking else RankingLine.objects.none()
    mine = set(institutes_of(request.user))
    context = {
        "ranking": ranking,
        "years": years,
        "form": form,
        "page": BoundedPaginator(lines, PER_PAGE).get_page(request.GET.get("page")) if ranking else None,
        "query": without_empty(request.GET).urlencode(),
        "mine": mine,
        "may_read": governs_survey(request.user),
        "versions": Ranking.objects.filter(year=ranking.year).order_by("-version") if ranking else [],
    }
    return render_part(
        request, page="policy/index/ranking.html", part="policy/index/partials/_lines.html", context=context
    )


@login_not_required
@require_safe
def capability_export(request: HttpRequest) -> HttpResponseBase:
    """The ranking as it is shown."""
    _years, ranking, form = _asked(request)
    if ranking is None:
        return redirect("policy:capability")
    lines = ranking.lines.for_list().in_group(form.asked)
    return download(request, f"capability-{ranking.year}", _("Capability ranking"), ranking_cells(ranking, lines))


@login_not_required
@require_safe
def capability_method(request: HttpRequest) -> HttpResponse:
    """How the index is computed: indicators and weights by version, bands of the incentive."""
    versions = [
        {"weights": each, "rows": method_rows(each.plan.weights), "bands": each.plan.bands}
        for each in IndexWeights.objects.published().newest_first()
    ]
    return render(request, "policy/index/method.html", {"versions": versions, "words": method_words()})


def _line(request: SignedInRequest, public_id: UUID) -> tuple[list[int], RankingLine | None, Organization]:
    """The institute's line of the year asked for. 404 for who is neither of the institute nor an officer."""
    institute = get_object_or_404(Organization, public_id=public_id)
    if institute.pk not in institutes_of(request.user) and not governs_survey(request.user):
        raise Http404
    found = RankingLine.objects.filter(institute=institute).values_list("ranking__year", flat=True)
    years = sorted(set(found), reverse=True)
    year = year_asked(request, years)
    return years, line_of(institute, year) if year else None, institute


@require_safe
def capability_report(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One institute: rank, areas, each indicator with its figures."""
    years, line, institute = _line(request, public_id)
    context = {
        "institute": institute,
        "line": line,
        "years": years,
        "rows": part_rows(line.parts) if line else [],
        "is_own": request.organization is not None and request.organization.pk == institute.pk,
    }
    return render(request, "policy/index/report.html", context)


@require_safe
def capability_pdf(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The same to print. 404 where nothing was published of the institute."""
    _years, line, institute = _line(request, public_id)
    if line is None:
        raise Http404
    version = _("Version %(number)d of %(year)d") % {"number": line.ranking.version, "year": line.ranking.year}
    title = _("Capability index %(year)d") % {"year": line.ranking.year}
    drawn = make_pdf(list(report_blocks(line)), title=title, foot=[version, institute.display_name])
    response = HttpResponse(drawn, content_type="application/pdf")
    name = f"capability-{line.ranking.year}.pdf"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def capability_what_if(request: SignedInRequest) -> HttpResponse:
    """One's score and rank with other figures. Nothing of it is stored."""
    here = own_institute(request)
    years = ranked_years()
    year = year_asked(request, years)
    line = line_of(here, year) if year else None
    form = WhatIfForm(request.GET if any(name in request.GET for name in WhatIfForm.base_fields) else None)
    context: dict[str, Any] = {"institute": here, "line": line, "form": form}
    if line is not None:
        inputs = own_inputs(line)
        context["inputs"] = [{"label": figure_words(name), "value": value} for name, value in inputs.items()]
        if form.is_bound and form.is_valid():
            now, then = what_if(line, form.given)
            rows = zip(now.parts, then.parts, strict=True)
            context |= {
                "now": now,
                "then": then,
                "rows": [{"label": Indicator(a.indicator).label, "now": a, "then": b} for a, b in rows],
            }
    status = 422 if form.errors else 200
    return render(request, "policy/index/what_if.html", context, status=status)
