"""What everybody sees: the list of technologies, and one technology."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.pages import render_part, with_parameter, without
from marketplace.core.pagination import BoundedPaginator
from tech_listings.clocks import CONFIRM_MONTHS
from tech_listings.enums import (
    FINAL_STATES,
    LISTING_STATES,
    ON_OFFER_STATES,
    WAITING_STATES,
    Decision,
    ListingState,
    SuspendedFor,
)
from tech_listings.filters import ListingFilter, Match, Sort, chosen_values
from tech_listings.models import Listing
from tech_listings.queries import (
    NoLongerOffered,
    exclusivity_of,
    find_shown,
    last_return,
    offers_exclusive,
    version_history,
)
from tech_listings.results import UNNARROWING, Results, search
from tech_listings.search.language import ALL, ANY, Question, usual_match
from tech_listings.search.reasons import Marker, Part, Reason
from tech_listings.search.similar import similar_to
from tech_listings.search.words import did_you_mean
from tech_listings.services.lapse import by_its_rights
from tech_listings.services.market import may_be_closed
from tech_listings.views.market_forms import WithoutRightForm

PER_PAGE = 20
SHOWN_SYNONYMS = 4
FEW = 3
"""With fewer hits than this another spelling is looked for."""

NARROWING = frozenset({"ipc", "st", "trl", "holder_kind", "deal", "right", "price", "listed", "confirmed", "holder"})


@dataclass(frozen=True)
class Chip:
    label: str
    href: str


def chips(request: HttpRequest, filterset: ListingFilter) -> list[Chip]:
    """One removable chip per filter that is set, one per box where several are ticked."""
    made = []
    for name, value in chosen_values(filterset).items():
        if not value or name in UNNARROWING:
            continue
        field = filterset.form.fields[name]
        labels = dict(getattr(field, "choices", ())) if name != "holder" else {}
        for one in value if isinstance(value, list) else [value]:
            shown = labels.get(one, one)
            single = str(one) if isinstance(value, list) else None
            made.append(Chip(f"{field.label}: {shown}", without(request.GET, name, single)))
    return made


NOTES = {
    "trl": _lazy("“trl:%(value)s” is not understood. Write trl:5, trl:5..7 or trl:6.."),
    "ipc": _lazy("“ipc:%(value)s” is not an IPC symbol. Write ipc:H, ipc:H01 or ipc:H01M."),
}


def synonym_chips(request: HttpRequest, question: Question) -> list[Chip]:
    """One chip per word that others were asked for with, to switch them off."""
    off = [key for key in request.GET.get("without_synonyms", "").split(",") if key]
    made = []
    for unit in question.units:
        if unit.also:
            rest = with_parameter(request.GET, "without_synonyms", ",".join([*off, unit.group]))
            more = "…" if len(unit.also) > SHOWN_SYNONYMS else ""
            made.append(Chip(f"{unit.text} = {', '.join(unit.also[:SHOWN_SYNONYMS])}{more}", rest))
    return made


def looser(request: HttpRequest, found: Results) -> list[Chip]:
    """What could be let go where nothing was found: one of several words, the filters, “all words”."""
    made = []
    if found.question.match == ALL and len(found.question.units) > 1:
        made.append(Chip(_("Any of the words instead of all"), with_parameter(request.GET, "match", ANY)))
    if any(chosen_values(found.filterset).get(name) for name in NARROWING):
        made.append(Chip(_("Without filters"), f"?{urlencode({'q': found.question.text})}"))
    if found.question.phrases or found.question.without:
        words = " ".join(unit.text for unit in found.question.units) or " ".join(found.question.phrases)
        made.append(Chip(_("Without quotation marks and exclusions"), with_words(request.GET, words)))
    alone = [unit.text for unit in found.question.units[:6]]
    return made + [Chip(word, with_words(request.GET, word)) for word in alone if len(alone) > 1]


def with_words(query: QueryDict, words: str) -> str:
    """The search with other words."""
    return with_parameter(query, "q", words)


@dataclass(frozen=True)
class Row:
    """A hit as the list shows it: its title with what was asked for marked, and why it was found."""

    listing: Listing
    title: tuple[Part, ...]
    reason: Reason | None


def _explained(found: Results, listings: Sequence[Listing]) -> list[Row]:
    language = get_language() or "ko"
    if not found.asks:
        return [Row(listing, ((listing.text_in("title", language), False),), None) for listing in listings]
    mark = Marker(found.question)
    return [
        Row(
            listing,
            mark.parts(listing.text_in("title", language)),
            mark.why(listing, found.hit(listing), language),
        )
        for listing in listings
    ]


def _sorts(found: Results) -> list[tuple[str, str, bool]]:
    """(value, label, is current) of the orders that make sense. The usual one has no value: who then asks for words
    gets the best match first, not the order of the list before."""
    offered = [sort for sort in Sort if found.asks or sort != Sort.RELEVANCE]
    return [(sort.value if n else "", str(sort.label), sort == found.sort) for n, sort in enumerate(offered)]


def _matches(found: Results) -> list[tuple[str, str, bool]]:
    """(value, label, is current) of the ways to match several words. What the question itself asks for (`AND`) has no
    value; the other one needs one to go over it."""
    if len(found.question.units) < 2:
        return []
    usual = usual_match(found.question.text)
    return [("" if m == usual else m.value, str(m.label), found.question.match == m) for m in Match]


@login_not_required
@require_safe
def listing_list(request: HttpRequest) -> HttpResponse:
    """Published technologies: what is asked for, the best match first, else the newest first."""
    found = search(request.GET)
    page = BoundedPaginator(found.rows, PER_PAGE).get_page(request.GET.get("page"))
    few = page.paginator.count < FEW and found.asks
    meant = did_you_mean(found.question.text) if few else None
    context = {
        "filter": found.filterset,
        "page": page,
        "rows": _explained(found, list(page.object_list)),
        "results": found,
        "facets": found.facets,
        "chips": chips(request, found.filterset),
        "synonyms": synonym_chips(request, found.question),
        "notes": [NOTES[code] % {"value": value} for code, value in found.question.notes],
        "sorts": _sorts(found),
        "matches": _matches(found),
        "view": "table" if request.GET.get("view") == "table" else "cards",
        "query": request.GET.urlencode(),
        "did_you_mean": meant,
        "href": with_words(request.GET, meant) if meant else "",
        "synonyms_on": without(request.GET, "without_synonyms"),
        "looser": looser(request, found) if not page.object_list else [],
    }
    return render_part(
        request, page="tech_listings/list.html", part="tech_listings/partials/_results.html", context=context
    )


def may_ask(user: User | AnonymousUser, listing: Listing) -> bool:
    """Whether to offer “Ask for transfer”: to visitors and firms, not to people who only work for institutes, and not
    while an exclusive contract has taken it."""
    on_offer = listing.state in ON_OFFER_STATES
    if not on_offer or not user.is_authenticated:
        return on_offer
    return not user.active_memberships() or bool(organizations_with(user, Permission.SEND_REQUESTS))


@login_not_required
@require_safe
def listing_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """A technology by its number; by its public id only until it has one, then the number is its address."""
    try:
        listing = find_shown(request.user, reference)
    except NoLongerOffered as gone:
        return _gone(request, gone)
    if listing.number and reference != listing.number:
        return redirect("tech_listings:detail", listing.number, permanent=True)
    user = request.user
    context = {
        "listing": listing,
        "rights": listing.rights.order_by("pk"),
        "may_edit": has_permission(user, Permission.EDIT_LISTINGS, listing.holder),
        "may_publish": has_permission(user, Permission.PUBLISH_LISTINGS, listing.holder),
        "may_review": user.has_perm("tech_listings.review"),
        "returned": last_return(listing) if listing.state == ListingState.RETURNED else None,
        "exempted": listing.submissions.filter(decision=Decision.EXEMPTED).order_by("-serial").first()
        if listing.state == ListingState.EXEMPTED
        else None,
        "can_edit": listing.state not in (*WAITING_STATES, *FINAL_STATES),
        "can_submit": LISTING_STATES.can(listing, ListingState.SUBMITTED),
        "can_discard": LISTING_STATES.can(listing, ListingState.DISCARDED) and not listing.registered_at,
        "can_withdraw": listing.is_public or listing.state == ListingState.SUSPENDED,
        "can_close": may_be_closed(listing),
        "can_confirm": listing.is_public or listing.suspended_for == SuspendedFor.NOT_CONFIRMED,
        "can_offer_without_right": by_its_rights(listing),
        "without_right_form": WithoutRightForm(),
        "confirm_months": CONFIRM_MONTHS,
        "exclusivity": exclusivity_of(listing) if listing.registered_at else None,
        "grounds": listing.grounds.order_by("-pk") if listing.registered_at else [],
        "today": timezone.localdate(),
        "waits": listing.state in WAITING_STATES,
        "may_open_confidential": has_permission(user, Permission.EDIT_LISTINGS, listing.holder),
        "may_ask": may_ask(user, listing),
        "exclusive": offers_exclusive(listing),
        "similar": similar_to(listing) if listing.is_public else [],
    }
    response = render(request, "tech_listings/detail.html", context)
    if listing.is_public and not user.is_authenticated:
        # What everybody reads may be kept on the device and read without a connection; nothing else ever is.
        response["Ieum-Offline"] = "keep"
    return response


def _gone(request: HttpRequest, gone: NoLongerOffered) -> HttpResponse:
    """For who followed an old link or a citation: that it is off the market, and nothing of what it said."""
    return render(request, "tech_listings/gone.html", {"said": str(gone)}, status=gone.status)


@login_not_required
@require_safe
def listing_history(request: HttpRequest, reference: str) -> HttpResponse:
    """Every public version, newest first, field by field."""
    try:
        listing = find_shown(request.user, reference)
    except NoLongerOffered as gone:
        return _gone(request, gone)
    inside = has_permission(request.user, Permission.VIEW_ORGANIZATION, listing.holder)
    context = {"listing": listing, "changes": version_history(listing, inside=inside)}
    return render(request, "tech_listings/history.html", context)
