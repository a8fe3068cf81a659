from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.core.exports import csv_response
from marketplace.core.few import FEW
from portal.queries.statistics import rows_of, statistics


@login_not_required
@require_safe
def statistics_page(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/statistics.html", {"statistics": statistics(timezone.now()), "few": FEW})


@login_not_required
@require_safe
def statistics_export(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """One table as CSV."""
    tables = {shown.key: shown for shown in statistics(timezone.now()).tables}
    if key not in tables:
        raise Http404
    return csv_response(f"{key}-{timezone.localdate():%Y%m%d}.csv", rows_of(tables[key]))
