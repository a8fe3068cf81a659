"""The technologies that fit a need, for whoever posted it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.roles import Permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.exports import csv_response
from marketplace.core.pagination import BoundedPaginator
from matching.filters import MatchFilter
from matching.models import Match, Need
from matching.search_forms import WhyNotForm
from matching.services.judge import judge, take_back
from matching.views.needs import own_need

PER_PAGE = 20


def _matches(request: SignedInRequest, need: Need) -> tuple[QuerySet[Match], bool]:
    """Those that may fit, or with `?judged=true` those that were said not to; best first. And which of both it is."""
    rows = need.matches.visible_to(request.user).best_first()
    found = MatchFilter(request.GET, rows, request=request)
    return found.qs, bool(found.form.cleaned_data.get("judged"))


@require_safe
def need_matches(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _show(request, own_need(request, public_id))


def _show(
    request: SignedInRequest, need: Need, bound: WhyNotForm | None = None, on: Match | None = None
) -> HttpResponse:
    matches, judged = _matches(request, need)
    page = BoundedPaginator(matches, PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    if on is not None and on not in shown:  # others came meanwhile: what is wrong is shown first
        shown.insert(0, on)
    rows = [(match, bound if match == on else WhyNotForm.of(match.public_id)) for match in shown]
    context = {
        "need": need,
        "address": reverse("matching:need_matches", args=[need.public_id]),
        "page": page,
        "rows": rows,
        "judged": judged,
        "fitting": not judged,
        "judged_count": need.matches.visible_to(request.user).exclude(why_not="").count(),
        "is_waiting": need.due_at is not None,
        "may_judge": request.user.has_perm("matching.change_need", need),
        "may_send": bool(organizations_with(request.user, Permission.SEND_REQUESTS)),
    }
    return render(request, "matching/need_matches.html", context, status=422 if bound else 200)


@require_safe
def match_export(request: SignedInRequest, public_id: UUID) -> StreamingHttpResponse:
    """The matches as shown, as CSV."""
    need = own_need(request, public_id)
    matches, _judged = _matches(request, need)
    return csv_response(f"matches-{need.number}-{timezone.localdate():%Y%m%d}.csv", _rows(matches))


def _rows(matches: QuerySet[Match]) -> Iterator[list[Any]]:
    yield [
        _("Score"), _("Listing number"), _("Technology title"), _("Holder"), _("TRL"), _("Price wish (won)"),
        _("Words both have"), _("Similar meaning (%)"), _("Found"), _("Why it does not fit"), _("In your words"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for match in matches.iterator(chunk_size=1000):
        listing = match.listing
        yield [
            match.score, listing.number, listing.text_in("title", language), listing.holder.name_in(language),
            listing.trl, listing.price_won, ", ".join(match.reason.get("words", ())), match.reason.get("meaning"),
            f"{timezone.localtime(match.found_at):%Y-%m-%d %H:%M}", match.get_why_not_display(), match.why_not_text,
        ]  # fmt: skip


def _own_match(request: SignedInRequest, public_id: UUID) -> Match:
    rows = Match.objects.visible_to(request.user).filter(need__isnull=False)
    match = get_object_or_404(rows.select_related("need__organization", "saved_search"), public_id=public_id)
    if not request.user.has_perm("matching.judge_match", match):
        raise PermissionDenied
    return match


@require_POST
def match_judge(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    match = _own_match(request, public_id)
    form = WhyNotForm.of(match.public_id, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        if do(
            form,
            judge,
            match=match,
            why_not=given["why_not"],
            text=given["why_not_text"],
            by=request.user,
            at=timezone.now(),
        ):
            messages.success(request, _("Put aside. You find it under “Put aside” and can take it back."))
            return _back(request, match)
    return _show(request, own_need(request, match.need.public_id), form, match)  # type: ignore[union-attr]


@require_POST
def match_take_back(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    match = _own_match(request, public_id)
    take_back(match=match, by=request.user)
    messages.success(request, _("Back among the matches."))
    return _back(request, match)


def _back(request: SignedInRequest, match: Match) -> HttpResponseRedirect:
    """To the page of matches on which something was said about one."""
    address = reverse("matching:need_matches", args=[match.need.public_id])  # type: ignore[union-attr]
    return redirect(f"{address}?{request.GET.urlencode()}" if request.GET else address)
