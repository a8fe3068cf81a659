from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from brokers.fees import Line, Portion
from brokers.wording.fees import figures as in_figures
from brokers.wording.fees import rate as in_percent
from brokers.wording.fees import sentence

register = template.Library()


@register.filter
def percent(basis_points: int) -> str:
    """250 as `2.5 %`."""
    return in_percent(basis_points)


@register.filter
def in_words(line: Line) -> str:
    return sentence(line)


@register.filter
def figures(amount_won: int) -> str:
    """Won in figures only; a negative one with a minus sign."""
    return in_figures(amount_won) if amount_won >= 0 else f"−{in_figures(-amount_won)}"


@register.filter
def signed(amount_won: int) -> str:
    """The same with its sign, for a difference."""
    return f"+{in_figures(amount_won)}" if amount_won > 0 else figures(amount_won)


@register.filter
def payer_name(portion: Portion | Mapping[str, Any]) -> str:
    key = portion["key"] if isinstance(portion, Mapping) else portion.key
    return _("Holder of the technology") if key == "holder" else _("Firm that takes it")
