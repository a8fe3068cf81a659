"""My saved searches: save one, see what it found, change how often mail comes, and stop it from a mail."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from marketplace.core.asking import do
from marketplace.core.errors import DomainError
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part
from marketplace.core.pagination import CEILING, BoundedPaginator
from matching.alert_notices import read_token, reason_text
from matching.models import Match, Need, SavedSearch
from matching.querysets import MatchQuerySet
from matching.search_forms import SearchForm, WhyNotForm
from matching.services.compile_search import read_query
from matching.services.judge import judge, take_back
from matching.services.keep_search import change_search, note_opened, pause, remove, resume
from matching.services.save_search import MANY_A_MONTH, outlook, save_search
from matching.services.search_rate import stop_mail
from notifications.services.read import mark_target_read
from tech_listings.exports import canonical
from tech_listings.models import Listing

PER_PAGE = 20


@require_safe
def search_list(request: SignedInRequest) -> HttpResponse:
    """One's saved searches, each with how much is new."""
    rows = SavedSearch.objects.visible_to(request.user).with_numbers().for_list()
    page = BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render_part(
        request, page="matching/search_list.html", part="matching/partials/_search_rows.html", context={"page": page}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def search_new(request: SignedInRequest) -> HttpResponse:
    """Save the search that stands in the address; say what it keeps, what it leaves out, how much mail will come."""
    now = timezone.now()
    expected = outlook(query=canonical(request.GET).urlencode(), at=now)
    form = SearchForm(posted(request), initial={"name": expected.name, "rate": expected.rate})
    if request.method == "POST" and form.is_valid():
        saved = do(form, save_search, query=expected.asked.query, by=request.user, at=now, **form.cleaned_data)
        if saved is not None:
            told = (
                _("The search is saved.") if saved.is_new else _("You had saved this search already. It is up to date.")
            )
            messages.success(request, told)
            return redirect("matching:search_detail", saved.search.public_id)
    context = {
        "form": form,
        "expected": expected,
        "many": MANY_A_MONTH,
        "results": f"{reverse('tech_listings:list')}?{expected.asked.query}",
    }
    return render(request, "matching/search_new.html", context, status=422 if form.errors else 200)


def _visible(request: SignedInRequest, public_id: UUID) -> SavedSearch:
    return get_object_or_404(SavedSearch.objects.visible_to(request.user), public_id=public_id)


def _matches(request: SignedInRequest, search: SavedSearch) -> MatchQuerySet:
    found = Match.objects.visible_to(request.user).filter(saved_search=search)
    return found.exclude(why_not="") if request.GET.get("show") == "refused" else found.wanted()


@require_safe
def search_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What a saved search has found, newest first. Looking at it says that it is still wanted."""
    search = _visible(request, public_id)
    now = timezone.now()
    context = {**_shown(request, search), "form": _change_form(search)}
    note_opened(search=search, by=request.user, at=now)
    mark_target_read(target_id=search.public_id, by=request.user, at=now)
    return render_part(
        request, page="matching/search_detail.html", part="matching/partials/_search_matches.html", context=context
    )


def _shown(
    request: SignedInRequest,
    search: SavedSearch,
    *,
    judged: WhyNotForm | None = None,
    judged_match: Match | None = None,
) -> dict[str, Any]:
    page = BoundedPaginator(_matches(request, search).newest_first(), PER_PAGE).get_page(request.GET.get("page"))
    since = _since(request, search)
    matches = list(page)
    if judged_match is not None and judged_match not in matches:  # others came meanwhile: what is wrong is shown first
        matches.insert(0, judged_match)
    rows = [
        {
            "match": match,
            "reason": reason_text(match.reason),
            "is_new": match.found_at > since,
            "why_not": judged if judged is not None and judged_match == match else WhyNotForm.of(match.public_id),
        }
        for match in matches
    ]
    return {
        "search": search,
        "asked": _asked(search),
        "page": page,
        "rows": rows,
        "show": "refused" if request.GET.get("show") == "refused" else "",
        "address": reverse("matching:search_detail", args=[search.public_id]),
        "since": since.isoformat(),
        "results": f"{reverse('tech_listings:list')}?{search.query}",
    }


def _since(request: SignedInRequest, search: SavedSearch) -> datetime:
    """From when on a match is new: when the search was opened before this visit. The links of the page carry it, as
    each look at a page opens the search."""
    try:
        said = parse_datetime(request.GET.get("since", ""))
    except ValueError:
        said = None
    return said if said is not None and timezone.is_aware(said) else search.opened_at


def _back(request: SignedInRequest, match: Match) -> HttpResponseRedirect:
    """To the page of matches on which something was said about one."""
    address = reverse("matching:search_detail", args=[match.saved_search.public_id])  # type: ignore[union-attr]
    return redirect(f"{address}?{request.GET.urlencode()}" if request.GET else address)


def _asked(search: SavedSearch) -> list[tuple[str, list[str]]]:
    """What the search asks for. A filter may have gone since it was saved: then only its name says it."""
    try:
        return read_query(search.query).chosen
    except DomainError:
        return []


def _change_form(search: SavedSearch) -> SearchForm:
    return SearchForm(initial={"name": search.name, "rate": search.rate})


@require_safe
def search_export(request: SignedInRequest, public_id: UUID) -> StreamingHttpResponse:
    """The matches as shown, as CSV, at most the newest 10,000."""
    search = _visible(request, public_id)
    rows = _matches(request, search).newest_first()[: CEILING + 1]
    return csv_response(f"matches-{timezone.localdate():%Y%m%d}.csv", _export_rows(rows), most=CEILING)


def _export_rows(rows: QuerySet[Match]) -> Iterator[list[Any]]:
    yield [
        _("Listing number"), _("Technology title"), _("Holder"), _("TRL"), _("Found"), _("Score"), _("Reason"),
        _("Not this, because"), _("In your words"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for match in rows.iterator(chunk_size=1000):
        listing: Listing = match.listing
        yield [
            listing.number, listing.text_in("title", language), listing.holder.name_in(language), listing.trl,
            f"{timezone.localtime(match.found_at):%Y-%m-%d %H:%M}", match.score, reason_text(match.reason),
            match.get_why_not_display(), match.why_not_text,
        ]  # fmt: skip


@require_POST
def search_change(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    search = _visible(request, public_id)
    form = SearchForm(request.POST)
    if form.is_valid() and do(
        form, change_search, search=search, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, _("Saved."))
        return redirect("matching:search_detail", search.public_id)
    return render(request, "matching/search_detail.html", {**_shown(request, search), "form": form}, status=422)


@require_POST
def search_open(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The search itself, again, in one click."""
    search = _visible(request, public_id)
    note_opened(search=search, by=request.user, at=timezone.now())
    return redirect(f"{reverse('tech_listings:list')}?{search.query}")


@require_POST
def search_keep(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Yes, I still want it."""
    note_opened(search=_visible(request, public_id), by=request.user, at=timezone.now())
    messages.success(request, _("The search is kept."))
    return redirect("matching:search_list")


@require_POST
def search_pause(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    pause(search=_visible(request, public_id), by=request.user, at=timezone.now())
    messages.success(request, _("The search is paused: it finds nothing and no mail comes until you take it up again."))
    return redirect("matching:search_list")


@require_POST
def search_resume(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    resume(search=_visible(request, public_id), by=request.user, at=timezone.now())
    messages.success(request, _("The search is at work again, for what is published or changed from now on."))
    return redirect("matching:search_list")


@require_POST
def search_delete(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    remove(search=_visible(request, public_id), by=request.user)
    messages.success(request, _("The search is deleted."))
    return redirect("matching:search_list")


def _visible_match(request: SignedInRequest, public_id: UUID) -> Match:
    matches = Match.objects.visible_to(request.user).filter(saved_search__isnull=False)
    return get_object_or_404(matches.select_related("saved_search", "listing"), public_id=public_id)


@require_POST
def search_judge(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """“Not this, because”; without a reason it may fit after all."""
    match = _visible_match(request, public_id)
    assert match.saved_search is not None
    if request.POST.get("take_back"):
        take_back(match=match, by=request.user)
        return _back(request, match)
    form = WhyNotForm.of(match.public_id, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        reason = {"why_not": given["why_not"], "text": given["why_not_text"]}
        if do(form, judge, match=match, by=request.user, at=timezone.now(), **reason):
            messages.success(request, _("Put aside. You find it under “Put aside” and can take it back."))
            return _back(request, match)
    shown = _shown(request, match.saved_search, judged=form, judged_match=match)
    context = {**shown, "form": _change_form(match.saved_search), "refused": form}
    return render(request, "matching/search_detail.html", context, status=422)


@login_not_required
@require_safe
def search_match(request: HttpRequest, public_id: UUID) -> HttpResponseRedirect:
    """From a mail to the technology. Who is signed in as the owner has looked at the search by that."""
    match = get_object_or_404(
        Match.objects.select_related("saved_search", "listing"),
        public_id=public_id,
        saved_search__isnull=False,
        listing__in=Listing.objects.published(),
    )
    search = match.saved_search
    if search is not None and search.owner_id == request.user.pk:
        note_opened(search=search, by=search.owner, at=timezone.now())
    return redirect("tech_listings:detail", match.listing.reference)


@csrf_exempt  # mail programs post here without a page of ours (RFC 8058); the signed token says who
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def alerts_off(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST acts: a scanner that follows links changes nothing (lessons F28)."""
    leaving = read_token(token)
    if leaving is None:
        raise Http404
    if request.method == "POST":
        stop_mail(user=leaving.user, searches=leaving.searches, needs=leaving.needs)
    searches = SavedSearch.objects.filter(owner=leaving.user, public_id__in=leaving.searches).order_by("name", "pk")
    needs = Need.objects.filter(owner=leaving.user, public_id__in=leaving.needs).order_by("title", "pk")
    context = {
        "names": [search.name for search in searches] + [need.title for need in needs],
        "done": request.method == "POST",
    }
    response = render(request, "matching/search_mail_off.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response
