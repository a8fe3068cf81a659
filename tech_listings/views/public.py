"""What everybody sees: the list of technologies, and one technology."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, without
from marketplace.core.pagination import CEILING, BoundedPaginator
from marketplace.core.replica import on_replica
from tech_listings.enums import DealKind
from tech_listings.filters import ListingFilter, chosen_values, facets
from tech_listings.models import Listing
from tech_listings.queries import find_visible, related_words, version_history, versions

PER_PAGE = 20


@dataclass(frozen=True)
class Chip:
    label: str
    href: str


def chips(request: HttpRequest, filterset: ListingFilter) -> list[Chip]:
    """One removable chip per filter that is set, one per box where several are ticked."""
    made = []
    for name, value in chosen_values(filterset).items():
        if not value:
            continue
        field = filterset.form.fields[name]
        labels = dict(getattr(field, "choices", ())) if name != "holder" else {}
        for one in value if isinstance(value, list) else [value]:
            shown = labels.get(one, one)
            single = str(one) if isinstance(value, list) else None
            made.append(Chip(f"{field.label}: {shown}", without(request.GET, name, single)))
    return made


@login_not_required
@require_safe
def listing_list(request: HttpRequest) -> HttpResponse:
    """Published technologies, newest first."""
    filterset = ListingFilter(request.GET, on_replica(Listing.objects.published()), request=request)
    rows = filterset.qs.for_list()
    page = BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": filterset,
        "page": page,
        "facets": facets(filterset),
        "chips": chips(request, filterset),
        "view": "table" if request.GET.get("view") == "table" else "cards",
        "query": request.GET.urlencode(),
        "looser": related_words(request.GET.get("q", "")) if not page.object_list else [],
    }
    return render_part(
        request, page="tech_listings/list.html", part="tech_listings/partials/_results.html", context=context
    )


@login_not_required
@require_safe
def listing_export(request: HttpRequest) -> StreamingHttpResponse:
    """The list as shown, as CSV: the same filter, at most the newest 10,000."""
    filterset = ListingFilter(request.GET, on_replica(Listing.objects.published()), request=request)
    name = f"technologies-{timezone.localdate():%Y%m%d}.csv"
    return csv_response(name, export_rows(filterset.qs.for_list()[:CEILING]))


def export_rows(listings: Any) -> Iterator[list[Any]]:
    yield [
        _("Listing number"), _("Technology title"), _("Value in one sentence"), _("Holder"), _("TRL"), _("IPC"),
        _("Desired deal type"), _("Price wish (won)"), _("Rights"), _("Registered"), _("Confirmed available on"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for listing in listings.iterator(chunk_size=1000):
        yield [
            listing.number, listing.text_in("title", language), listing.text_in("value", language),
            listing.holder.name_in(language), listing.trl, " | ".join(listing.ipc_codes),
            " | ".join(listing.deal_kind_labels), listing.price_won, listing.get_right_summary_display(),
            f"{timezone.localdate(listing.registered_at):%Y-%m-%d}", listing.confirmed_on,
        ]  # fmt: skip


def may_ask(user: User | AnonymousUser, listing: Listing) -> bool:
    """Whether to offer “Ask for transfer”: to visitors and firms, not to people who only work for institutes."""
    if not listing.is_public or not user.is_authenticated:
        return listing.is_public
    return not user.active_memberships() or bool(organizations_with(user, Permission.SEND_REQUESTS))


@login_not_required
@require_safe
def listing_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """A technology by its number; by its public id only until it has one, then the number is its address."""
    listing = find_visible(request.user, reference)
    if listing.number and reference != listing.number:
        return redirect("tech_listings:detail", listing.number, permanent=True)
    user = request.user
    context = {
        "listing": listing,
        "rights": listing.rights.order_by("pk"),
        "version_count": versions(listing).count(),
        "may_edit": has_permission(user, Permission.EDIT_LISTINGS, listing.holder),
        "may_publish": has_permission(user, Permission.PUBLISH_LISTINGS, listing.holder),
        "may_open_confidential": has_permission(user, Permission.EDIT_LISTINGS, listing.holder),
        "may_ask": may_ask(user, listing),
        "exclusive": DealKind.EXCLUSIVE_LICENCE in listing.deal_kinds,
    }
    return render(request, "tech_listings/detail.html", context)


@login_not_required
@require_safe
def listing_history(request: HttpRequest, reference: str) -> HttpResponse:
    """Every public version, newest first, field by field."""
    listing = find_visible(request.user, reference)
    inside = has_permission(request.user, Permission.VIEW_ORGANIZATION, listing.holder)
    context = {"listing": listing, "changes": version_history(listing, inside=inside)}
    return render(request, "tech_listings/history.html", context)
