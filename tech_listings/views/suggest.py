"""What helps while typing in a search box."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tech_listings.search.words import Suggestion, suggest

SECONDS = 60


@dataclass(frozen=True)
class Shown:
    """`place` counts all suggestions from 1."""

    place: int
    suggestion: Suggestion
    href: str


@dataclass(frozen=True)
class Group:
    name: str
    label: str
    shown: Sequence[Shown]


@login_not_required
@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """The list below a search box: the same for everybody, from what is published."""
    found = suggest(request.GET.get("q", ""), language=get_language() or "ko")
    context = {"groups": grouped(found), "count": len(found)}
    response = render(request, "tech_listings/partials/_suggestions.html", context)
    return kept_a_moment(response)


def kept_a_moment(response: HttpResponse) -> HttpResponse:
    """Who takes a letter back is answered by the browser."""
    patch_cache_control(response, private=True, max_age=SECONDS)
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


def grouped(found: Sequence[Suggestion]) -> list[Group]:
    labels = {"word": _("Words"), "title": _("Technologies"), "class": _("Classes")}
    shown = [Shown(place, one, address(one)) for place, one in enumerate(found, 1)]
    groups = [Group(kind, label, [s for s in shown if s.suggestion.kind == kind]) for kind, label in labels.items()]
    return [group for group in groups if group.shown]


def address(suggestion: Suggestion) -> str:
    """Where a suggestion leads when nothing else is asked for."""
    if suggestion.kind == "title":
        return reverse("tech_listings:detail", args=[suggestion.code])
    asked = {"q": suggestion.query} if suggestion.query else {}
    if suggestion.kind == "class":
        asked[suggestion.parameter] = suggestion.code
    return f"{reverse('tech_listings:list')}?{urlencode(asked)}"
