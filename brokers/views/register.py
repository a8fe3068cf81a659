"""The register of brokers for everybody: the list, one broker, some side by side, the order, and open data."""

import re
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Organization
from accounts.roles import Permission, organizations_with
from brokers.enums.register import DAYS_TO_EDIT, FEW, MONTHS_COUNTED, RegisterOrder, TextKind, seed_of
from brokers.exports.register import COLUMNS, csv_rows, json_parts, licence
from brokers.facets import facets
from brokers.filters.register import RegisterFilter, narrowed_by
from brokers.models import Rating, Registration
from brokers.queries.distributions import by_field, by_origin, by_size
from brokers.queries.register import (
    Entry,
    draw,
    entries,
    fee_beside_guideline,
    introduction_in,
    is_declaration_old,
    shown_ratings,
    text_of,
)
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import BoundedPaginator

PER_PAGE = 20
MOST_COMPARED = 3
DRAWN_SHOWN = 5
NUMBER = re.compile(r"B[AT][0-9]{10}")


@login_not_required
@require_safe
def register(request: SignedInRequest) -> HttpResponse:
    """Who is registered, in the order drawn for the day or in one that the reader chose."""
    today = timezone.localdate()
    rows = Registration.objects.visible_to(request.user).listed().for_register()
    found = RegisterFilter(request.GET, rows, request=request)
    page = BoundedPaginator(found.qs, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page": page,
        "entries": entries(page.object_list, day=today),
        "facets": facets(found, rows),
        "narrowed_by": narrowed_by(request.GET),
        "sort": request.GET.get("sort") or RegisterOrder.NEUTRAL,
        "sorts": [(order.value, order.label) for order in RegisterOrder],
        "query": without_empty(request.GET).urlencode(),
        "today": today,
        "few": FEW,
    }
    return render_part(
        request, page="brokers/register/list.html", part="brokers/register/partials/_results.html", context=context
    )


def visible(request: SignedInRequest, number: str) -> Registration:
    rows = Registration.objects.visible_to(request.user).for_register()
    return get_object_or_404(rows, number=number)


@login_not_required
@require_safe
def broker(request: SignedInRequest, number: str) -> HttpResponse:
    """One broker, also one that was cancelled: what happened stands first."""
    today = timezone.localdate()
    found = visible(request, number)
    (entry,) = entries([found], day=today)
    text, language = introduction_in(found, get_language() or "ko")
    context = {
        "entry": entry,
        "broker": found,
        "is_cancelled": entry.state == "cancelled",
        "introduction": text,
        "introduction_language": language,
        **_about(entry, today),
        "declaration_is_old": is_declaration_old(found, today),
        "ratings": [_with_texts(rating) for rating in shown_ratings(found)],
        "takes_mandates": Registration.objects.publicly_open(today).filter(pk=found.pk).exists(),
        "giver": _giver(request),
        "may_edit": request.user.is_authenticated and request.user.has_perm("brokers.edit_entry", found),
        "today": today,
        "few": FEW,
        "months": MONTHS_COUNTED,
        "days_to_edit": DAYS_TO_EDIT,
    }
    return render(request, "brokers/register/broker.html", context)


def _giver(request: SignedInRequest) -> Organization | None:
    """For whom the reader may give this broker a mandate: the current organization before another."""
    choices = organizations_with(request.user, Permission.GIVE_MANDATES)
    return next((each for each in choices if each == request.organization), next(iter(choices), None))


def _about(entry: Entry, today: date) -> dict[str, Any]:
    """What is shown of a broker's figures, on its page and side by side."""
    return {
        "fee": fee_beside_guideline(entry.figures, day=today),
        "deals_by_field": by_field(entry.figures.fields),
        "deals_by_size": by_size(entry.figures.sizes),
        "deals_by_origin": by_origin(entry.figures.origins),
    }


def _with_texts(rating: Rating) -> dict[str, Any]:
    texts = {"text": TextKind.RATING, "answer": TextKind.ANSWER, "reply": TextKind.REPLY}
    return {"rating": rating} | {name: text_of(rating, kind) for name, kind in texts.items()}


@login_not_required
@require_safe
def compare(request: SignedInRequest) -> HttpResponse:
    """Up to three brokers side by side, in the order in which they were chosen."""
    today = timezone.localdate()
    numbers = [number for number in request.GET.getlist("broker") if NUMBER.fullmatch(number)]
    wanted = list(dict.fromkeys(numbers))[:MOST_COMPARED]
    rows = Registration.objects.visible_to(request.user).listed().for_register().filter(number__in=wanted)
    found = sorted(entries(rows, day=today), key=lambda entry: wanted.index(entry.registration.number))
    context = {
        "entries": found,
        "columns": [{"entry": entry, **_about(entry, today)} for entry in found],
        "asked": len(set(numbers)),
        "most": MOST_COMPARED,
        "today": today,
        "few": FEW,
    }
    return render(request, "brokers/register/compare.html", context)


@login_not_required
@require_safe
def order(request: SignedInRequest) -> HttpResponse:
    """How the list is ordered, with today's seed, so that everybody can compute it."""
    today = timezone.localdate()
    first = Registration.objects.listed().for_register().in_neutral_order(today)[:DRAWN_SHOWN]
    context = {
        "seed": seed_of(today),
        "today": today,
        "drawn": [(row.number, row.display_name, draw(today, row.number)) for row in first],
    }
    return render(request, "brokers/register/order.html", context)


@login_not_required
@require_safe
def open_data(request: SignedInRequest) -> HttpResponse:
    context = {"columns": COLUMNS, "licence": licence(), "today": timezone.localdate(), "few": FEW}
    return render(request, "brokers/register/data.html", context)


@login_not_required
@require_safe
def register_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """Everybody in the register, whatever the page is narrowed to."""
    today = timezone.localdate()
    rows = Registration.objects.visible_to(request.user).listed()
    return csv_response(f"brokers-{today:%Y%m%d}.csv", csv_rows(rows, day=today))


@login_not_required
@require_safe
def register_json(request: SignedInRequest) -> StreamingHttpResponse:
    today = timezone.localdate()
    rows = Registration.objects.visible_to(request.user).listed()
    response = StreamingHttpResponse(json_parts(rows, day=today), content_type="application/json; charset=utf-8")
    name = f"brokers-{today:%Y%m%d}.json"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return response
