from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def render_page_or_part(request: HttpRequest, page: str, part: str, context: dict[str, object]) -> HttpResponse:
    """`part` for an htmx swap, `page` for everyone else and for the browser's Back button."""
    htmx = request.htmx  # type: ignore[attr-defined]
    response = render(request, part if htmx and not htmx.history_restore_request else page, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
