from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from policy.ingest.survey import LABELS

register = template.Library()


@register.filter
def counted(number: Any) -> str:
    """1234 as `1,234`; a dash for what is not known."""
    return f"{number:,}" if isinstance(number, int) else "–"


@register.filter
def column(name: str) -> str:
    """A field of the survey as people call it; a dash for the row as a whole."""
    return str(LABELS.get(name, name)) or "–"


@register.simple_tag
def difference(row: Mapping[str, Any], figure: str) -> SafeString:
    """The figure of a row of a file, with what it was before where that differs."""
    now, before = row["figures"][figure], (row["before"] or {}).get(figure)
    if before is None or before == now:
        return format_html("<span>{}</span>", counted(now))
    was = _("before: %(figure)s") % {"figure": counted(before)}
    return format_html('<span>{}<br><span class="muted small">{}</span></span>', counted(now), was)
