from collections.abc import Mapping

from django import template

from policy.enums.plans import FIGURE_UNITS
from policy.models import PlanTarget
from policy.results.plans import NamedFigure
from policy.wording.figures import amount

register = template.Library()
TONES = {"on_track": "information", "late": "warning", "done": "success", "stopped": "danger"}


@register.filter
def target_value(target: PlanTarget) -> str:
    return amount(FIGURE_UNITS[target.unit], target.value)


@register.filter
def named(figures: Mapping[str, NamedFigure], code: str) -> NamedFigure | None:
    """The figure of this code as `results.plans.named_figures` found it."""
    return figures.get(code)


@register.filter
def progress_tone(state: str) -> str:
    return TONES.get(str(state), "gray")
