"""What templates and components need to show a thing. Nothing here asks the database."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from html import escape  # of texts that are no promises; Django's asks that of every one
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.core.money import won as won_text

register = template.Library()

TONES = {
    tone: set(states.split())
    for tone, states in {
        "success": "active answered applied approved done finished published registered talking contracted",
        "warning": "draft held paused pending stale unverified waiting returned suspended hearing",
        "danger": "cancelled declined expired failed refused rejected lapsed",
        "information": "applying checking planned planning queued ready received requested running "
        "submitted in_review under_negotiation",
    }.items()
}
LANGUAGE_NAMES = (("ko", "한국어"), ("en", "English"), ("zh-hans", "简体中文"))
TEXT_SIZES = ("small", "normal", "large", "larger", "largest")


@register.simple_block_tag
def page_title(content: str) -> SafeString:
    """The page's name as plain text: `{% page_title as name %}{% block title %}…{% endpage_title %}`."""
    return mark_safe(" ".join(strip_tags(content).split()))


@register.filter
def tone(state: object) -> str:
    """Colour family of a state's name; grey where the name says nothing."""
    name = str(getattr(state, "value", state)).lower()
    return next((colour for colour, names in TONES.items() if name in names), "gray")


@register.filter
def won(amount_won: int | None) -> str:
    """`50,000,000원 (5천만 원)` in Korean, see `core.money.won`. Empty for None."""
    return "" if amount_won is None or amount_won == "" else won_text(int(amount_won))


@register.filter
def won_figures(amount_won: int | None) -> str:
    """The same without the reading in words."""
    return won(amount_won).split(" (")[0]


@register.filter
def in_kst(moment: date | datetime | None) -> str:
    """A day, or a moment in Korean time with its zone named, in the reader's notation."""
    if moment is None or moment == "":
        return ""
    if isinstance(moment, datetime):
        local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
        return f"{date_format(local, 'SHORT_DATE_FORMAT')} {local:%H:%M} KST"
    return date_format(moment, "SHORT_DATE_FORMAT")


@register.filter
def day_in_kst(moment: date | datetime | None) -> str:
    """The day in Korea, without the time of day."""
    return in_kst(timezone.localdate(moment) if isinstance(moment, datetime) else moment)


@register.filter
def stored_day(text: str) -> str:
    """A day as documents keep it, `2019-07-30`, in the reader's notation."""
    return in_kst(date.fromisoformat(text))


@register.filter
def machine_time(moment: date | datetime | None) -> str:
    if isinstance(moment, datetime) and timezone.is_aware(moment):
        return timezone.localtime(moment).isoformat(timespec="seconds")
    return moment.isoformat() if moment else ""


@register.filter
def marked(parts: Iterable[tuple[str, bool]]) -> SafeString:
    """A text in parts, (text, is what was looked for), with the latter in `<mark>`."""
    return mark_safe("".join(f"<mark>{escape(text)}</mark>" if found else escape(text) for text, found in parts))


@register.filter
def spans(texts: Iterable[str], css_class: str) -> SafeString:
    """Each text in a `<span>` of this class."""
    return mark_safe(" ".join(f'<span class="{escape(css_class)}">{escape(str(text))}</span>' for text in texts))


@register.filter
def day_since(moment: datetime, what: str) -> SafeString:
    """`Registered 2026-11-26`, the day in Korea, for people and for machines."""
    return _day_since(timezone.localdate(moment), str(what), get_language() or "")


@lru_cache(maxsize=10_000)
def _day_since(day: date, what: str, language: str) -> SafeString:
    """Remembered: a page of technologies has twenty days, and few are new."""
    written = '<span class="muted">{}</span> <time datetime="{}">{}</time>'
    return format_html(written, what, day.isoformat(), date_format(day, "SHORT_DATE_FORMAT"))


BOX = (
    '<label class="check facet"><input type="{}" name="{}" value="{}" id="facet-{}-{}"{}> '
    '<span class="facet-label">{}</span> <span class="facet-count">{}</span></label>'
)


@register.simple_tag
def choice_boxes(name: str, options: Iterable[Any], kind: str) -> SafeString:
    """The boxes of one filter, each with how many it would leave.

    In Python: a page has about eighty of them, and a loop of templates would take a tenth of the page's time.
    """
    kind, name = escape(kind), escape(name)
    boxes = []
    for o in options:
        value, label, ticked = escape(o.value), escape(o.label), " checked" if o.chosen else ""
        boxes.append(BOX.format(kind, name, value, name, value, ticked, label, f"{o.count:,}"))
    return mark_safe("\n".join(boxes))


@register.simple_tag
def languages() -> tuple[tuple[str, str], ...]:
    """Each language under its own name."""
    return LANGUAGE_NAMES


@register.simple_tag
def text_sizes() -> list[dict[str, str]]:
    words = (_("Small"), _("Normal"), _("Large"), _("Larger"), _("Largest"))
    return [{"value": value, "label": label} for value, label in zip(TEXT_SIZES, words, strict=True)]


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: object) -> str:
    """The present query string with `changes`; None takes a parameter away. Starts with `?`."""
    request: HttpRequest | None = context.get("request")
    params = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for name, value in changes.items():
        params.pop(name, None)
        if value is not None and value != "":
            params[name] = str(value)
    return "?" + params.urlencode()


@register.simple_tag
def page_numbers(page: Page) -> list[int | None]:
    """Page numbers to offer, None for a gap: `[1, None, 4, 5, 6, None, 99]`."""
    last, here = page.paginator.num_pages, page.number
    shown = sorted({1, last, *range(max(1, here - 1), min(last, here + 1) + 1)})
    numbers: list[int | None] = []
    for earlier, number in zip([0, *shown], shown, strict=False):
        if number - earlier == 2:
            numbers.append(number - 1)
        elif number - earlier > 2:
            numbers.append(None)
        numbers.append(number)
    return numbers
