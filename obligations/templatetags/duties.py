from typing import Any

from django import template

from marketplace.core.money import in_percent
from obligations.forms import FIGURE_LABELS

register = template.Library()


@register.filter
def percent(basis_points: int | None) -> str:
    """4285 as `42.85 %`; a dash where there is no rate."""
    return "–" if basis_points is None else f"{in_percent(basis_points)} %"


@register.filter
def figure_label(name: str) -> Any:
    return FIGURE_LABELS[name]
