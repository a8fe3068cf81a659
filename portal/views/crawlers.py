"""For crawlers: what there is (sitemap) and where not to go (robots)."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from portal.queries.crawlers import SECTIONS, Entry, entries, parts
from portal.wording.help import ROLES

SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
PAGES = (
    "portal:home", "tech_listings:list", "brokers:register", "brokers:fees", "programmes:calls", "obligations:public",
    "deals:ways_to_pay", "policy:figures", "policy:capability", "policy:plans", "portal:statistics",
    "open_data:index", "portal:help", "api-docs",
)  # fmt: skip

KEEP_OUT = (
    "/accounts/", "/my/", "/inbox/", "/officer/", "/review/", "/inventor/", "/invitations/", "/api/v1/", "/search/",
    "/language/", "/technologies/suggest/", "/technologies/export",
)  # fmt: skip
"""Pages of single people, and endless ones. Keeps nothing secret: who may see what is asked at every request."""


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def sitemap_index(request: HttpRequest) -> HttpResponse:
    places = (reverse("portal:sitemap_part", args=[section, part]) for section, part in [("pages", 0), *parts()])
    body = "".join(f"<sitemap><loc>{escape(settings.SITE_URL + place)}</loc></sitemap>\n" for place in places)
    return _xml(f'<sitemapindex xmlns="{SCHEMA}">\n{body}</sitemapindex>\n')


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def sitemap_part(request: HttpRequest, section: str, part: int) -> HttpResponse:
    if section not in {"pages", *SECTIONS} or (section == "pages" and part):
        raise Http404
    lines = []
    for path, changed in _pages() if section == "pages" else entries(section, part):
        when = f"<lastmod>{timezone.localtime(changed).isoformat(timespec='seconds')}</lastmod>" if changed else ""
        lines.append(f"<url><loc>{escape(settings.SITE_URL + path)}</loc>{when}</url>\n")
    return _xml(f'<urlset xmlns="{SCHEMA}">\n{"".join(lines)}</urlset>\n')


def _pages() -> Iterator[Entry]:
    yield from ((reverse(name), None) for name in PAGES)
    yield from ((reverse("portal:help_role", args=[role.key]), None) for role in ROLES)


def _xml(text: str) -> HttpResponse:
    return HttpResponse(HEAD + text, content_type="application/xml; charset=utf-8")


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in KEEP_OUT)]
    lines.append(f"Sitemap: {settings.SITE_URL}{reverse('portal:sitemap')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
