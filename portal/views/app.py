"""What makes the site an app that can be installed: its manifest, its service worker, and the page without network."""

import hashlib
import json
from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

STYLES = ("krds", "ieum", "layout", "forms", "components", "search", "pages")
WORKER = "js/worker.js"


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """In the language of the page that names it (`?lang=`)."""
    icons = [(192, "icon-192", "any"), (512, "icon-512", "any"), (512, "maskable-512", "maskable")]
    content = {
        "id": "/",
        "name": _("Ieum: publicly funded technology"),
        "short_name": settings.SITE_NAME,
        "description": _("Find technology of public research and ask for it."),
        "lang": get_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b50d0",
        "icons": [
            {"src": static(f"img/app/{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for size, name, purpose in icons
        ],
        "shortcuts": [
            {"name": _("Find a technology"), "url": reverse("tech_listings:list")},
            {"name": _("Search everything"), "url": reverse("portal:search")},
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


@cache
def _code() -> str:
    found = finders.find(WORKER) or str(settings.STATIC_ROOT / WORKER)
    with open(found, encoding="utf-8") as file:
        return file.read()


@login_not_required
@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """From the root, whose pages it then may serve. A change of it, or of what it keeps, is another version."""
    kept = (
        [static("vendor/krds/fonts/pretendard.css")]
        + [static(f"css/{name}.css") for name in STYLES]
        + [static("js/early.js"), static("js/ieum.js"), static("js/offline.js")]
    )
    offline = {code: f"{reverse('portal:offline')}?lang={code}" for code, _name in settings.LANGUAGES}
    code = _code()
    version = hashlib.sha256("\n".join([code, *kept]).encode()).hexdigest()[:12]
    head = f"const VERSION = {_js(version)};\nconst KEPT = {_js(kept)};\nconst OFFLINE = {_js(offline)};\n"
    response = HttpResponse(head + code, content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    return response


def _js(value: object) -> str:
    return json.dumps(value)


@login_not_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Kept on the device. It names nobody: the worker asks for it without saying who it is."""
    return render(request, "portal/offline.html")
