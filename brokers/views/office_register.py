"""All registrations for officers, and what was published of them for everybody."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from brokers.exports.office import gazette_cells, registration_cells
from brokers.filters.office import RegistrationFilter, narrowed
from brokers.queries.office import counts_by_state, gazette, registrations
from brokers.views.office_cases import for_officers
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator

PER_PAGE = 50
FILTERS = ("q", "kind", "state")


def _narrowed(request: SignedInRequest) -> Any:
    return RegistrationFilter(request.GET, registrations(request.user), request=request)


@require_safe
def office_register(request: SignedInRequest) -> HttpResponse:
    for_officers(request)
    found = _narrowed(request)
    kept = without_empty(request.GET)
    kept.pop("page", None)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs, PER_PAGE).get_page(request.GET.get("page")),
        "counts": counts_by_state(request.user),
        "is_narrowed": narrowed(request.GET, *FILTERS),
        "query": kept.urlencode(),
    }
    return render_part(
        request, page="brokers/office/register.html", part="brokers/office/partials/_register.html", context=context
    )


@require_safe
def office_register_export(request: SignedInRequest) -> HttpResponseBase:
    """What the list shows, all pages of it."""
    for_officers(request)
    name = f"broker-register-{timezone.localtime():%Y%m%d-%H%M}.csv"
    return csv_response(name, registration_cells(_narrowed(request).qs[: CEILING + 1]), most=CEILING)


@login_not_required
@require_safe
def gazette_page(request: HttpRequest) -> HttpResponse:
    """Every registration as it was published, the newest first (decree art. 16)."""
    page = BoundedPaginator(gazette(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "brokers/office/gazette.html", {"page": page})


@login_not_required
@require_safe
def gazette_export(request: HttpRequest) -> HttpResponseBase:
    return csv_response(
        f"broker-gazette-{timezone.localdate():%Y%m%d}.csv", gazette_cells(gazette()[: CEILING + 1]), most=CEILING
    )
