"""What a public page says of itself to crawlers and to whoever shares its address."""

import json
from html import unescape
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language

register = template.Library()

LANGUAGES = (("ko", "ko_KR"), ("en", "en_US"), ("zh-hans", "zh_CN"))
LONGEST = 200
ESCAPED = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@register.simple_tag(takes_context=True)
def public_meta(context: dict[str, Any], title: str, description: str = "") -> SafeString:
    """Canonical address, the same page in other languages, description, and what is shown where it is shared.

    An address without `lang` is in the language of whoever asks; with it, in that one.
    """
    request: HttpRequest | None = context.get("request")
    if request is None:
        return mark_safe("")
    address = settings.SITE_URL + request.path
    language = get_language() or settings.LANGUAGE_CODE
    asked = request.GET.get("lang", "")
    own = _in(address, asked) if asked in dict(LANGUAGES) else address
    said = Truncator(" ".join(str(description).split())).chars(LONGEST)
    named = [("description", said)] if said else []
    graph = [
        ("og:type", "website"),
        ("og:site_name", settings.SITE_NAME),
        ("og:title", unescape(str(title)).strip() or settings.SITE_NAME),
        *((("og:description", said),) if said else ()),
        ("og:url", own),
        ("og:locale", dict(LANGUAGES).get(language, "ko_KR")),
        ("og:image", settings.SITE_URL + static("img/app/icon-512.png")),
    ]
    links = [("alternate", code, _in(address, code)) for code, _locale in LANGUAGES]
    return format_html(
        '<link rel="canonical" href="{}">\n<link rel="alternate" hreflang="x-default" href="{}">\n{}\n{}{}',
        own,
        address,
        format_html_join("\n", '<link rel="{}" hreflang="{}" href="{}">', links),
        format_html_join("", '<meta name="{}" content="{}">\n', named),
        format_html_join("\n", '<meta property="{}" content="{}">', graph),
    )


def _in(address: str, language: str) -> str:
    return f"{address}?{urlencode({'lang': language})}"


@register.simple_tag
def structured(data: dict[str, Any]) -> SafeString:
    """`data` as JSON-LD: a block of data, which no browser runs, so that the strict policy for scripts holds.

    What would end the block, or begin another one, is escaped.
    """
    text = json.dumps(data, ensure_ascii=False).translate(ESCAPED)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')
