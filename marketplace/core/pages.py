"""A page and the part of it that htmx swaps, from one view and one context."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils.cache import patch_vary_headers


def render_part(request: HttpRequest, *, page: str, part: str, context: Mapping[str, Any]) -> HttpResponse:
    """`part` for an htmx request, `page` (which includes the part) otherwise.

    After a swap the address bar gets the query without its empty parameters: copying it gives the same view.
    """
    htmx: Any = getattr(request, "htmx", None)
    swap = bool(htmx) and not htmx.history_restore_request
    response = render(request, part if swap else page, {**context, "is_swap": swap})
    patch_vary_headers(response, ["HX-Request"])
    if swap:
        query = without_empty(request.GET).urlencode()
        response["HX-Push-Url"] = f"{request.path}?{query}" if query else request.path
    return response


def without_empty(query: QueryDict) -> QueryDict:
    """The parameters that say something, in the order given."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if said := [v for v in values if v.strip()]:
            kept.setlist(name, said)
    return kept


def without(query: QueryDict, name: str, value: str | None = None) -> str:
    """The query string less `name`, or less one of its values; always on the first page."""
    kept = without_empty(query)
    kept.pop("page", None)
    if value is None:
        kept.pop(name, None)
    else:
        kept.setlist(name, [v for v in kept.getlist(name) if v != value])
    return f"?{without_empty(kept).urlencode()}"


def with_parameter(query: QueryDict, name: str, value: str) -> str:
    """The query string with `name` set to one value; always on the first page."""
    kept = without_empty(query)
    kept.pop("page", None)
    kept[name] = value
    return f"?{kept.urlencode()}"


def page_above(path: str) -> str:
    """The nearest address above `path` that leads somewhere: of an act on something, the page of that thing."""
    above = path
    while above != "/":
        above = above.rstrip("/").rpartition("/")[0] + "/"
        if is_valid_path(above):
            return above
    return above
